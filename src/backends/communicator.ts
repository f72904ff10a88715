/**
 * Ranks that train one network together: processes of MPI, or stand-ins within one process. A program that was planned for several
 * ranks adds its `all_reduce` nodes up through it; nothing else of a plan leaves the device.
 */
export interface Communicator {
  /** Which of the ranks this is: 0 to `size` − 1. */
  readonly rank: number;
  readonly size: number;
  /**
   * Begins to add `values` up over all ranks, in place. Until the reduction is done they are the communicator's. All ranks get the
   * same bits. All begin the same reductions in the same order; several may be under way at once.
   * @throws {CardinalError} if communication has failed, with the rank where it is known.
   */
  startAllReduce(values: Float32Array): Reduction;
}

/** A sum over ranks that is under way. */
export interface Reduction {
  /** Lets communication go on without waiting (MPI_Test). True once the sum is there. */
  test(): boolean;
  /**
   * Waits for the sum; at once, if it is there. MPI's blocks the calling thread and gives nothing; those within a process give a
   * promise.
   * @throws {CardinalError} that names the rank which is gone or late.
   */
  wait(): void | Promise<void>;
}
