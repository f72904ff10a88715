/** A tensor takes some 200 bytes of a pickle, so no honest one is larger; all of it is in memory while it is read. */
export const maxPickleBytes = 64 * 2 ** 20;

/** What the values of a pickle may take in memory, in bytes: honest ones take less than their file. */
export function pickleMemory(fileBytes: number): number {
  return 8 * fileBytes + 64 * 2 ** 20;
}
