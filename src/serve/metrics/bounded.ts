/**
 * Keeps the values of a label few: each takes memory here and in Prometheus for as long as the server lives. Values that come after the
 * first `most` are `other`.
 */
export function bounded(most: number): (value: string) => string {
  const seen = new Set<string>();
  return (value) => {
    if (seen.has(value)) return value;
    if (seen.size >= most) return 'other';
    seen.add(value);
    return value;
  };
}
