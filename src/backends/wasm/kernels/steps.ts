/**
 * Where number `index` begins in a tensor that is walked through in another's order, in floats. `steps` has `words` integers of each of
 * `axes` axes, outermost first: the size, and in word `which` the floats from one to the next.
 */
export function place(steps: usize, axes: i32, words: i32, which: i32, index: i32): i32 {
  let found = 0;
  for (let axis = axes - 1; axis >= 0; axis--) {
    const at = steps + (<usize>(axis * words) << 2);
    const size = load<i32>(at);
    found += (index % size) * load<i32>(at + (<usize>which << 2));
    index /= size;
  }
  return found;
}

/** The size of the innermost axis, or 1 if there is none. */
export function innermost(steps: usize, axes: i32, words: i32): i32 {
  return axes == 0 ? 1 : load<i32>(steps + (<usize>((axes - 1) * words) << 2));
}
