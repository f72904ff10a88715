/** Bytes for people, rounded up: "1.5 MiB", "300 MiB". */
export function mebibytes(bytes: number): string {
  const mebi = bytes / 2 ** 20;
  return `${mebi >= 10 ? Math.ceil(mebi) : Math.ceil(mebi * 10) / 10} MiB`;
}
