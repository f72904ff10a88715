/* The functions that Cardinal calls, with the types and values of the MPI 5.0 ABI as the MPI Forum's mpi-abi-stubs has them, on top of
   MPICH's. Compiled by the tests: no library of that ABI is among Debian's. */
#include <stdint.h>

typedef struct Op *Op;
typedef struct Comm *Comm;
typedef struct Errhandler *Errhandler;
typedef struct Datatype *Datatype;
typedef struct Request *Request;
typedef struct {
  int source, tag, error, internal[5];
} Status;

#define SUM ((Op)0x21)
#define COMM_WORLD ((Comm)0x101)
#define ERRORS_RETURN ((Errhandler)0x143)
#define FLOAT ((Datatype)0x210)
#define BYTE ((Datatype)0x247)
#define IN_PLACE ((void *)1)
#define STATUS_IGNORE ((Status *)0)
#define ANY_SOURCE (-1)
#define THREAD_SERIALIZED 2048

/* What does not have the value of the ABI gives MPICH something that it refuses. */
static int comm(Comm c) { return c == COMM_WORLD ? 0x44000000 : 0; }
static int type(Datatype t) { return t == FLOAT ? 0x4c00040a : t == BYTE ? 0x4c00010d : 0; }
static void *ignore(Status *s) { return s == STATUS_IGNORE ? (void *)1 : s; }
static int from(int source) { return source == ANY_SOURCE ? -2 : source; }
static int done(int code, const int *native, Request *request) {
  *request = (Request)(uintptr_t)(unsigned)*native;
  return code;
}

int PMPI_Get_library_version(char *, int *), PMPI_Init_thread(void *, void *, int, int *), PMPI_Finalize(void);
int PMPI_Comm_set_errhandler(int, int), PMPI_Comm_rank(int, int *), PMPI_Comm_size(int, int *), PMPI_Abort(int, int);
int PMPI_Error_string(int, char *, int *), PMPI_Test(int *, int *, void *), PMPI_Iprobe(int, int, int, int *, void *);
int PMPI_Iallreduce(const void *, void *, int, int, int, int, int *);
int PMPI_Iallgather(const void *, int, int, void *, int, int, int, int *);
int PMPI_Iallgatherv(const void *, int, int, void *, const int *, const int *, int, int, int *);
int PMPI_Ibcast(void *, int, int, int, int, int *), PMPI_Ibarrier(int, int *);
int PMPI_Isend(const void *, int, int, int, int, int, int *), PMPI_Irecv(void *, int, int, int, int, int, int *);
int PMPI_Recv(void *, int, int, int, int, int, void *);

int MPI_Abi_get_version(int *major, int *minor) { return *major = 1, *minor = 0; }
int MPI_Get_library_version(char *text, int *length) { return PMPI_Get_library_version(text, length); }
int MPI_Init_thread(void *c, void *v, int level, int *got) {
  return level == THREAD_SERIALIZED ? PMPI_Init_thread(c, v, 2, got) : 1;
}
int MPI_Finalize(void) { return PMPI_Finalize(); }
int MPI_Abort(Comm c, int code) { return PMPI_Abort(comm(c), code); }
int MPI_Comm_rank(Comm c, int *rank) { return PMPI_Comm_rank(comm(c), rank); }
int MPI_Comm_size(Comm c, int *size) { return PMPI_Comm_size(comm(c), size); }
int MPI_Comm_set_errhandler(Comm c, Errhandler e) {
  return PMPI_Comm_set_errhandler(comm(c), e == ERRORS_RETURN ? 0x54000001 : 0);
}
int MPI_Error_string(int code, char *text, int *length) { return PMPI_Error_string(code, text, length); }
int MPI_Test(Request *request, int *flag, Status *status) {
  int native = (int)(uintptr_t)*request;
  return done(PMPI_Test(&native, flag, ignore(status)), &native, request);
}
int MPI_Iprobe(int source, int tag, Comm c, int *flag, Status *status) {
  return PMPI_Iprobe(from(source), tag, comm(c), flag, ignore(status));
}
int MPI_Iallreduce(const void *in, void *out, int count, Datatype t, Op op, Comm c, Request *request) {
  int native = 0;
  const void *place = in == IN_PLACE ? (void *)-1 : in;
  return done(PMPI_Iallreduce(place, out, count, type(t), op == SUM ? 0x58000003 : 0, comm(c), &native), &native, request);
}
int MPI_Iallgather(const void *in, int n, Datatype t, void *out, int m, Datatype u, Comm c, Request *request) {
  int native = 0;
  return done(PMPI_Iallgather(in, n, type(t), out, m, type(u), comm(c), &native), &native, request);
}
int MPI_Iallgatherv(const void *in, int n, Datatype t, void *out, const int *m, const int *at, Datatype u, Comm c, Request *request) {
  int native = 0;
  return done(PMPI_Iallgatherv(in, n, type(t), out, m, at, type(u), comm(c), &native), &native, request);
}
int MPI_Ibcast(void *bytes, int n, Datatype t, int root, Comm c, Request *request) {
  int native = 0;
  return done(PMPI_Ibcast(bytes, n, type(t), root, comm(c), &native), &native, request);
}
int MPI_Ibarrier(Comm c, Request *request) {
  int native = 0;
  return done(PMPI_Ibarrier(comm(c), &native), &native, request);
}
int MPI_Isend(const void *bytes, int n, Datatype t, int to, int tag, Comm c, Request *request) {
  int native = 0;
  return done(PMPI_Isend(bytes, n, type(t), to, tag, comm(c), &native), &native, request);
}
int MPI_Irecv(void *bytes, int n, Datatype t, int source, int tag, Comm c, Request *request) {
  int native = 0;
  return done(PMPI_Irecv(bytes, n, type(t), from(source), tag, comm(c), &native), &native, request);
}
int MPI_Recv(void *bytes, int n, Datatype t, int source, int tag, Comm c, Status *status) {
  return PMPI_Recv(bytes, n, type(t), from(source), tag, comm(c), ignore(status));
}
