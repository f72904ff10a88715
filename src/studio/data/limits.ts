/** The largest picture file that the studio takes. */
export const mostUploadBytes = 32 * 2 ** 20;

/** What is wrong with a picture file of so many bytes, and what to do; undefined if it may be sent. */
export function tooLarge(bytes: number): string | undefined {
  if (bytes <= mostUploadBytes) return undefined;
  const [most, got] = [mostUploadBytes, bytes].map((each) => Math.ceil(each / 2 ** 20));
  return `it has ${got} MiB, and the studio takes pictures of at most ${most}: make it smaller`;
}
