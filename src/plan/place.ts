import { roundUp } from '../base/round-up.ts';
import { largest } from '../base/extremes.ts';
import { replacedBy } from '../graph/dispatch.ts';
import type { Node } from '../graph/node.ts';
import { sizeOf } from '../base/shape.ts';
import type { Value } from '../graph/value.ts';
import { allocate, type Interval } from './allocate.ts';
import {
  byEntry,
  type BufferRole,
  type ByEntry,
  type Entry,
  type Plan,
  type PlanBuffer,
  type Step,
} from './plan.ts';
import { nodesOf, type Schedule } from './schedule.ts';
import type { Target } from './target.ts';

/** A computed value that outlives its step list, and the name the host knows it by if it is not the value's own. */
export interface Persistent {
  readonly role: BufferRole;
  readonly name?: string;
}

/**
 * The last pass: gives every value of the schedule a buffer and an offset. `persistent` lists the computed values that
 * outlive their step list; the rest share the arena; `again` the nodes that recompute. Persistent buffers come first, then the arena, then
 * the workspace.
 */
export function placeBuffers(
  name: string,
  schedule: Schedule,
  persistent: ReadonlyMap<Value, Persistent>,
  fusions: Readonly<Record<string, number>>,
  target: Target,
  again: ReadonlySet<Node> = new Set(),
): Plan {
  const lives = lifetimes(schedule);
  const roleOf = (value: Value): BufferRole =>
    persistent.get(value)?.role ?? (value.role === 'computed' ? 'activation' : value.role);
  const values = [...lives.keys()];
  const fixed = sideBySide(
    values.filter((value) => roleOf(value) !== 'activation'),
    schedule,
  );
  const activations = values.filter((value) => roleOf(value) === 'activation');
  const places = inPlace(schedule, lives, new Set(activations));
  const shared = activations.filter((value) => !places.has(value));

  const buffers = new Map<Value, PlanBuffer>();
  let offset = 0;
  const place = (value: Value, at: number) => {
    const bytes = 4 * sizeOf(value.shape);
    const { shape } = value;
    const label = persistent.get(value)?.name ?? value.name;
    buffers.set(value, { id: buffers.size, name: label, shape, role: roleOf(value), offset: at, bytes });
    return roundUp(bytes, target.alignment);
  };
  for (const value of fixed) offset += place(value, offset);
  const arena = allocate(
    shared.map((value) => intervalOf(value, lives)),
    target.alignment,
  );
  shared.forEach((value, index) => place(value, offset + arena.offsets[index]));
  for (const [value, first] of places) place(value, buffers.get(first)?.offset ?? 0);
  offset += arena.bytes;

  const scratchBytes = largest(
    nodesOf(schedule).map((node) => target.workspaceBytes(node)),
    0,
  );
  const workspace: PlanBuffer | undefined =
    scratchBytes === 0
      ? undefined
      : {
          id: buffers.size,
          name: 'workspace',
          shape: [Math.ceil(scratchBytes / 4)],
          role: 'workspace',
          offset,
          bytes: scratchBytes,
        };

  return {
    name,
    steps: stepsOf(schedule, buffers, again),
    buffers: [...buffers.values(), ...(workspace === undefined ? [] : [workspace])],
    workspace,
    peakBytes: offset + roundUp(scratchBytes, target.alignment),
    fusions,
  };
}

/** Values with what is added up over ranks at once one after the other, so that it is one piece of memory. */
function sideBySide(values: readonly Value[], schedule: Schedule): readonly Value[] {
  const groups = new Map<Value, readonly Value[]>();
  for (const { op, inputs } of nodesOf(schedule)) {
    if (op === 'all_reduce') for (const input of inputs) groups.set(input, inputs);
  }
  const kept = new Set(values);
  return [...new Set(values.flatMap((value) => groups.get(value) ?? [value]))].filter((value) =>
    kept.has(value),
  );
}

/** First and last step at which each value is in use, counted over all step lists in their order. */
function lifetimes(schedule: Schedule): Map<Value, { first: number; last: number }> {
  const lives = new Map<Value, { first: number; last: number }>();
  let clock = 0;
  for (const node of nodesOf(schedule)) {
    for (const value of [...node.inputs, ...node.outputs]) {
      const life = lives.get(value);
      if (life === undefined) lives.set(value, { first: clock, last: clock });
      else life.last = clock;
    }
    clock++;
  }
  return lives;
}

/**
 * The activations that take the place of an input of their node, which dies with it; each with the first value of that place,
 * whose life becomes that of the place.
 */
function inPlace(
  schedule: Schedule,
  lives: ReadonlyMap<Value, { readonly first: number; last: number }>,
  activations: ReadonlySet<Value>,
): ReadonlyMap<Value, Value> {
  const places = new Map<Value, Value>();
  let clock = 0;
  for (const node of nodesOf(schedule)) {
    const [output] = node.outputs;
    const input = replacedBy(node);
    const dies = input !== undefined && lives.get(input)?.last === clock;
    clock++;
    if (!dies || !activations.has(input) || !activations.has(output)) continue;
    // Read in another way as well, it would be gone too early.
    if (node.inputs.filter((other) => other === input).length > 1) continue;
    places.set(output, places.get(input) ?? input);
  }
  for (const [value, first] of places) {
    const [whole, part] = [lives.get(first), lives.get(value)];
    if (whole !== undefined && part !== undefined) whole.last = Math.max(whole.last, part.last);
  }
  return places;
}

function intervalOf(value: Value, lives: ReadonlyMap<Value, { first: number; last: number }>): Interval {
  const { first, last } = lives.get(value) ?? { first: 0, last: 0 };
  return { bytes: 4 * sizeOf(value.shape), first, last };
}

function stepsOf(
  schedule: Schedule,
  buffers: ReadonlyMap<Value, PlanBuffer>,
  again: ReadonlySet<Node>,
): ByEntry<readonly Step[]> {
  let index = 0;
  const bufferOf = (value: Value): PlanBuffer => {
    const buffer = buffers.get(value);
    if (buffer === undefined) throw new Error(`plan: ${value.name} has no buffer`);
    return buffer;
  };
  const list = (entry: Entry): Step[] =>
    schedule[entry].map((node) => ({
      index: index++,
      entry,
      node,
      inputs: node.inputs.map(bufferOf),
      outputs: node.outputs.map(bufferOf),
      recompute: again.has(node),
    }));
  return byEntry(schedule, list);
}
