/**
 * The largest of some numbers, `least` if none is larger. Of any number of them, which `Math.max(...numbers)` is not: arguments
 * lie on the stack.
 */
export function largest(numbers: Iterable<number>, least = -Infinity): number {
  let found = least;
  for (const number of numbers) found = Math.max(found, number);
  return found;
}

/** The smallest of some numbers, `most` if none is smaller. */
export function smallest(numbers: Iterable<number>, most = Infinity): number {
  let found = most;
  for (const number of numbers) found = Math.min(found, number);
  return found;
}
