/* A library that says it is of MPI, by the standard ABI, and is broken: it lacks all other functions or, with -DUNSTARTABLE, cannot start. */
#include <string.h>

int MPI_Abi_get_version(int *major, int *minor) { return *major = 1, *minor = 0; }
int MPI_Get_library_version(char *text, int *length) { return *length = (int)strlen(strcpy(text, "Broken MPI 5.0")), 0; }

#ifdef UNSTARTABLE
int MPI_Init_thread(void *c, void *v, int level, int *got) { return 16; }
int MPI_Error_string(int code, char *text, int *length) { return *length = (int)strlen(strcpy(text, "no network")), 0; }
#define OTHER(name) int name(void) { return 16; }
OTHER(MPI_Finalize) OTHER(MPI_Abort) OTHER(MPI_Comm_rank) OTHER(MPI_Comm_size) OTHER(MPI_Comm_set_errhandler)
OTHER(MPI_Test) OTHER(MPI_Iprobe) OTHER(MPI_Iallreduce) OTHER(MPI_Iallgather) OTHER(MPI_Iallgatherv) OTHER(MPI_Ibcast)
OTHER(MPI_Ibarrier) OTHER(MPI_Isend) OTHER(MPI_Irecv) OTHER(MPI_Recv)
#endif
