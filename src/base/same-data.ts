/** Whether two values of JSON say the same, in whatever order their keys are. A key without a value is none. */
export function sameData(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return Object.is(a, b);
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [mine, others] = [a, b].map(
    (value) => new Map(Object.entries(value).filter(([, each]) => each !== undefined)),
  );
  return (
    mine.size === others.size &&
    [...mine].every(([key, value]) => others.has(key) && sameData(value, others.get(key)))
  );
}
