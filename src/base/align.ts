/** The next multiple of `to`, `bytes` itself if it is one. */
export function alignUp(bytes: number, to: number): number {
  return Math.ceil(bytes / to) * to;
}
