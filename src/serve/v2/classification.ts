/**
 * The classification extension: the `count` highest of each row of K values, highest first, each as `value:index:label`. Of equal
 * values the one with the lower index comes first.
 */
export function classified(values: Float32Array, labels: readonly string[], count: number): string[] {
  const K = labels.length;
  return Array.from({ length: values.length / K }, (_, row) => {
    const of = values.subarray(row * K, (row + 1) * K);
    const order = Array.from(of.keys()).sort((a, b) => of[b] - of[a] || a - b);
    return order.slice(0, count).map((label) => `${shortest(of[label])}:${label}:${labels[label]}`);
  }).flat();
}

/** The fewest digits that give the same number of 32 bits: 3.3, not 3.299999952316284. */
function shortest(value: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === value) return String(rounded);
  }
  return String(value);
}
