/** A number of bytes for people: `1.5 MiB`, rounded up, whole from 10 MiB on. */
export function mebibytes(bytes: number): string {
  const mebi = bytes / 2 ** 20;
  return `${mebi >= 10 ? Math.ceil(mebi) : Math.ceil(mebi * 10) / 10} MiB`;
}
