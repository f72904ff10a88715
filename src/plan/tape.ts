import { roundUp } from '../base/round-up.ts';
import { mutatedBy, repeatOf } from '../graph/dispatch.ts';
import type { Application, Node } from '../graph/node.ts';
import { sizeOf } from '../base/shape.ts';
import type { Value } from '../graph/value.ts';
import type { Target } from './target.ts';

/** A step of a list that recomputes: `node` itself, or what gives its outputs again. */
export interface TapeStep {
  readonly node: Node;
  readonly repeat?: Application;
}

/** What a choice of kept values comes to. */
export interface Footprint {
  /** The most bytes of activations that are alive at one step: what the arena takes if nothing is lost between buffers. */
  readonly bytes: number;
  /** The bytes alive at each step of `order`. */
  readonly alive: Float64Array;
  /** Which step computes a value again. */
  readonly again: ReadonlyMap<Value, number>;
}

/** A forward and a backward pass, to ask what would be if not all of the forward pass were kept. */
export class Tape {
  readonly forward: readonly Node[];
  /** Which step of the forward pass uses a value of it last, or computes it if none uses it. */
  readonly lastUse: ReadonlyMap<Value, number>;
  readonly #backward: readonly Node[];
  /** How each value that need not be kept is computed again. */
  readonly #repeats = new Map<Value, { readonly node: Node; readonly repeat: Application }>();
  readonly #persistent: ReadonlySet<Value>;
  readonly #target: Target;

  /** `isForward` holds for nodes of the forward pass; `persistent` are values with memory of their own. */
  constructor(
    nodes: readonly Node[],
    isForward: (node: Node) => boolean,
    persistent: ReadonlySet<Value>,
    target: Target,
  ) {
    this.#target = target;
    this.forward = nodes.filter(isForward);
    this.#backward = nodes.filter((node) => !isForward(node));
    this.#persistent = persistent;
    const lastUse = new Map<Value, number>();
    this.forward.forEach(({ inputs, outputs }, step) => {
      for (const value of [...inputs, ...outputs]) lastUse.set(value, step);
    });
    this.lastUse = lastUse;
    const changing = new Set(this.forward.flatMap(mutatedBy));
    for (const node of this.forward) {
      const repeat = repeatOf(node);
      if (repeat === undefined || repeat.inputs.some((input) => changing.has(input))) continue;
      for (const output of node.outputs) {
        if (!persistent.has(output) && !repeat.inputs.includes(output))
          this.#repeats.set(output, { node, repeat });
      }
    }
  }

  /** The values that may be computed again, in the order of the forward pass. */
  get repeatable(): readonly Value[] {
    return [...this.#repeats.keys()];
  }

  /** Bytes of the arena that a value takes while it is alive. */
  bytesOf(value: Value): number {
    if (value.role !== 'computed' || this.#persistent.has(value)) return 0;
    return roundUp(4 * sizeOf(value.shape), this.#target.alignment);
  }

  /** What it takes to compute a value again, as the device estimates it. */
  workOf(value: Value): number {
    const known = this.#repeats.get(value);
    return known === undefined ? 0 : this.#target.workOf(known.node);
  }

  /** The steps if, of the repeatable values, only those in `kept` are kept: a value is computed again right before it is needed. */
  order(kept: ReadonlySet<Value>): TapeStep[] {
    const steps: TapeStep[] = this.forward.map((node) => ({ node }));
    const done = new Set<Value>();
    const demand = (value: Value): void => {
      const known = this.#repeats.get(value);
      if (known === undefined || kept.has(value) || done.has(value)) return;
      known.repeat.inputs.forEach(demand);
      for (const output of known.node.outputs) done.add(output);
      steps.push(known);
    };
    for (const node of this.#backward) {
      node.inputs.forEach(demand);
      steps.push({ node });
    }
    return steps;
  }

  /** What `order(kept)` comes to. */
  footprint(kept: ReadonlySet<Value>): Footprint {
    const steps = this.order(kept);
    const again = new Map<Value, number>();
    // What lives from which step to which: a value, and apart from it what is computed again.
    interface Life {
      readonly size: number;
      readonly first: number;
      last: number;
    }
    const current = new Map<Value, Life>();
    const lives: Life[] = [];
    steps.forEach(({ node, repeat }, step) => {
      for (const input of (repeat ?? node).inputs) {
        const life = current.get(input);
        if (life !== undefined) life.last = step;
      }
      for (const output of node.outputs) {
        if (repeat !== undefined) {
          if (!this.#repeats.has(output)) continue;
          again.set(output, step);
        }
        const size = this.bytesOf(output);
        if (size === 0) continue;
        const life = { size, first: step, last: step };
        current.set(output, life);
        lives.push(life);
      }
    });
    const alive = new Float64Array(steps.length + 1);
    for (const { size, first, last } of lives) {
      alive[first] += size;
      alive[last + 1] -= size;
    }
    for (let step = 1; step < alive.length; step++) alive[step] += alive[step - 1];
    return { bytes: alive.reduce((most, now) => Math.max(most, now), 0), alive, again };
  }
}
