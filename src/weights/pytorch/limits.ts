/** A tensor takes some 200 bytes of a pickle, so no honest one is larger; all of it is in memory while it is read. */
export const maxPickleBytes = 64 * 2 ** 20;
