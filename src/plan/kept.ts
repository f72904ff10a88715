import type { Value } from '../graph/value.ts';
import type { Footprint, Tape } from './tape.ts';

/**
 * Chooses what a forward pass keeps for its backward pass: first the cuts with which the least memory is needed, then
 * whatever else can be kept in that memory, so that as little as possible is computed again. Knows a network by nothing but
 * its steps and the sizes of their outputs.
 */
export function chooseKept(tape: Tape): ReadonlySet<Value> {
  let best: { readonly kept: ReadonlySet<Value>; readonly footprint: Footprint } | undefined;
  for (const kept of cuts(tape)) {
    const footprint = tape.footprint(kept);
    if (best === undefined || footprint.bytes < best.footprint.bytes) best = { kept, footprint };
  }
  return best === undefined ? new Set(tape.repeatable) : keepMore(tape, best.kept, best.footprint);
}

/**
 * Ways to cut the forward pass into segments. What crosses a cut is kept, what lies within a segment is recomputed when the
 * backward pass comes to it. Then the most memory in use while a segment is gone through is what is kept before it and all
 * that it computes; for some limits on that, the cuts that keep least.
 */
function* cuts(tape: Tape): Generator<ReadonlySet<Value>, void, undefined> {
  const crossing = crossings(tape);
  const bytes = tape.forward.map(({ outputs }) =>
    outputs.reduce((sum, value) => sum + tape.bytesOf(value), 0),
  );
  const total = bytes.reduce((sum, size) => sum + size, 0);
  for (let limit = total; limit > total / 64; limit /= 1.1) {
    const kept = leastKept(tape, crossing, bytes, limit);
    if (kept === undefined) return;
    yield kept;
  }
}

interface Crossing {
  readonly value: Value;
  /** Which node computes it. */
  readonly from: number;
}

/** Before each node, and after the last: the repeatable values that are computed by then and used later. */
function crossings(tape: Tape): Crossing[][] {
  const { forward, lastUse } = tape;
  const repeatable = new Set(tape.repeatable);
  const result: Crossing[][] = Array.from({ length: forward.length + 1 }, () => []);
  forward.forEach(({ outputs }, from) => {
    for (const value of outputs) {
      if (!repeatable.has(value)) continue;
      const last = lastUse.get(value) ?? from;
      for (let at = from + 1; at <= last; at++) result[at].push({ value, from });
    }
  });
  return result;
}

/** By dynamic programming over the places to cut at: the cuts that keep the fewest bytes within the limit, if there are any. */
function leastKept(
  tape: Tape,
  crossing: readonly (readonly Crossing[])[],
  bytes: readonly number[],
  limit: number,
): ReadonlySet<Value> | undefined {
  const end = bytes.length;
  const before = new Float64Array(end + 1).fill(Infinity);
  const previous = new Int32Array(end + 1);
  before[0] = 0;
  for (let cut = 1; cut <= end; cut++) {
    let segment = 0;
    for (let start = cut - 1; start >= 0; start--) {
      segment += bytes[start];
      if (segment > limit) break;
      if (before[start] + segment > limit) continue;
      const added = crossing[cut].reduce(
        (sum, { value, from }) => (from >= start ? sum + tape.bytesOf(value) : sum),
        0,
      );
      if (before[start] + added < before[cut]) {
        before[cut] = before[start] + added;
        previous[cut] = start;
      }
    }
  }
  if (before[end] === Infinity) return undefined;
  const kept = new Set<Value>();
  for (let cut = end; cut > 0; cut = previous[cut]) for (const { value } of crossing[cut]) kept.add(value);
  return kept;
}

/**
 * Keeps further values, those first that save most work for their bytes, as long as no more memory is needed. Where a value is
 * not kept, there is a gap between its last use in the forward pass and the step that computes it again; to keep it takes its
 * bytes there, and elsewhere nothing more. What that frees may leave room for others: hence several rounds.
 */
function keepMore(
  tape: Tape,
  first: ReadonlySet<Value>,
  { bytes: limit, ...start }: Footprint,
): ReadonlySet<Value> {
  const worth = (value: Value): number => tape.workOf(value) / tape.bytesOf(value);
  const candidates = tape.repeatable.toSorted((a, b) => worth(b) - worth(a));
  let kept = first;
  let { alive, again } = start;
  for (;;) {
    const more = new Set(kept);
    for (const value of candidates) {
      const end = again.get(value);
      const begin = tape.lastUse.get(value);
      if (end === undefined || begin === undefined) continue;
      const size = tape.bytesOf(value);
      const gap = alive.subarray(begin + 1, end);
      if (gap.some((now) => now + size > limit)) continue;
      gap.forEach((now, step) => (gap[step] = now + size));
      more.add(value);
    }
    if (more.size === kept.size) return kept;
    const footprint = tape.footprint(more);
    if (footprint.bytes > limit) return kept;
    kept = more;
    ({ alive, again } = footprint);
  }
}
