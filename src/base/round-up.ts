/** The next multiple of `multiple`, `value` itself if it is one. */
export function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}
