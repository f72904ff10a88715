import { Rng } from '../../src/base/rng.ts';
import type { Backend } from '../../src/backends/backend.ts';
import { createReferenceBackend } from '../../src/backends/reference/backend.ts';
import type { OpName } from '../../src/graph/op-table.ts';
import { ops, type Definition } from '../../src/graph/ops/index.ts';
import { formatShape } from '../../src/graph/value.ts';
import { firstDifference, relativeDistance } from '../support/compare.ts';
import type { Case } from './case.ts';
import { cases } from './cases.ts';
import { runOp, takes, type Result } from './single-op.ts';

/** Backends whose results are compared with each other: they differ in their number of threads, and in what must not matter. */
export interface BackendKind {
  readonly name: string;
  /** Their results are the same bit for bit: so it is unless a native library does the matmuls. */
  readonly exact: boolean;
  readonly backends: readonly Backend[];
}

export const opNames = Object.keys(ops) as OpName[]; // The keys of a table typed by OpName.

/** A case and what the reference makes of it. */
export interface Expected {
  readonly one: Case<OpName>;
  readonly expected: Result;
}

/**
 * Every op's cases, drawn from a seed, and the comparison of backends with `reference`, wherever JavaScript runs: in Node's tests and in
 * a page's worker. What fails is told in lines.
 */
export class ConformanceSuite {
  readonly reference = createReferenceBackend();
  readonly #seed: number;
  readonly #known = new Map<OpName, Promise<readonly Expected[]>>();

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Loses which op the cases are of, as a loop over all of them must. */
  casesOf(op: OpName): readonly Case<OpName>[] {
    return cases[op](Rng.of(this.#seed, op));
  }

  /** The cases of an op and what the reference makes of them, computed once for all that are compared with it. */
  expectedOf(op: OpName): Promise<readonly Expected[]> {
    const found = this.#known.get(op) ?? this.#compute(op);
    this.#known.set(op, found);
    return found;
  }

  /** In which cases, and how, the backends of a kind fail to compute an op as the reference does. */
  async failures({ backends, exact }: BackendKind, op: OpName): Promise<readonly string[]> {
    const failures: string[] = [];
    let refused = 0;
    const all = await this.expectedOf(op);
    for (const [index, { one, expected }] of all.entries()) {
      const label = `${op} case ${index}: ${this.describe(one)}`;
      if (!takes(backends[0], op, one)) {
        refused++;
        continue;
      }
      const results: Result[] = [];
      for (const backend of backends) results.push(await runOp(backend, op, one));
      failures.push(...misses(results[0], expected, op, one, label));
      results.slice(1).forEach((result, other) => {
        const { description } = backends[other + 1];
        if (!exact) {
          failures.push(...misses(result, expected, op, one, `${label}, ${description}`));
          return;
        }
        const differing = differences(result, results[0]);
        if (differing.length === 0) return;
        const threads = `${backends[0].description} and ${description}`;
        failures.push(`${label}: differs between ${threads}: ${differing.join('; ')}`);
      });
    }
    // Every op is computed, if not in every combination.
    const combines = op === 'conv2d_backward_input' || all.some(({ one }) => 'activation' in one.attrs);
    const mayRefuse = combines ? all.length - 1 : 0;
    if (refused > mayRefuse) failures.push(`${op}: ${refused} of ${all.length} cases are refused`);
    return failures;
  }

  describe({ attrs, inputs, note }: Case<OpName>): string {
    const shapes = inputs.map(({ shape }) => formatShape(shape)).join(', ');
    const words = note === undefined ? '' : `${note}; `;
    return `${words}${JSON.stringify(attrs)} of ${shapes} (CARDINAL_SEED=${this.#seed})`;
  }

  async #compute(op: OpName): Promise<readonly Expected[]> {
    const all: Expected[] = [];
    for (const one of this.casesOf(op)) all.push({ one, expected: await runOp(this.reference, op, one) });
    return all;
  }
}

function misses(
  actual: Result,
  expected: Result,
  op: OpName,
  one: Case<OpName>,
  label: string,
): readonly string[] {
  const tolerance = one.tolerance ?? 1e-5;
  const definition: Definition<OpName> = ops[op];
  const mutated = definition.mutates?.(one.attrs, one.inputs.length) ?? [];
  const tooFar = (distance: number, what: string): readonly string[] =>
    distance < tolerance ? [] : [`${label}: ${what} is ${distance} away, expected less than ${tolerance}`];
  return [
    ...expected.outputs.flatMap((output, index) =>
      tooFar(relativeDistance(actual.outputs[index], output, one.sizes?.[index]), `output ${index}`),
    ),
    ...expected.inputs.flatMap((input, index) => {
      if (mutated.includes(index)) {
        // A step may cancel what was there, whose rounding stays.
        const before = Math.max(1e-3, rootMeanSquare(one.inputs[index].data));
        const distance = relativeDistance(actual.inputs[index], input, before);
        return tooFar(distance, `input ${index}, written in place,`);
      }
      const place = firstDifference(actual.inputs[index], one.inputs[index].data);
      return place < 0 ? [] : [`${label}: input ${index} was changed, at ${place}`];
    }),
  ];
}

/** Leaves NaNs out. */
function rootMeanSquare(data: Float32Array): number {
  return Math.sqrt(
    data.reduce((sum, value) => sum + (Number.isNaN(value) ? 0 : value ** 2), 0) / data.length,
  );
}

/** Which buffers differ in any bit, and where first. */
function differences(a: Result, b: Result): string[] {
  const compare = (kind: 'inputs' | 'outputs') =>
    a[kind].flatMap((data, index) => {
      const place = firstDifference(data, b[kind][index]);
      return place < 0 ? [] : [`${kind} ${index} at ${place}: ${data[place]} and ${b[kind][index][place]}`];
    });
  return [...compare('outputs'), ...compare('inputs')];
}
