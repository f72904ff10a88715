import { callback, checkKind, objectWith } from '../base/options.ts';
import { largest, smallest } from '../base/extremes.ts';
import { bytesCommunicatedBy, macsOf } from '../graph/dispatch.ts';
import type { Node } from '../graph/node.ts';
import { mebibytes } from '../base/mebibytes.ts';
import { formatShape } from '../graph/value.ts';
import { entriesOf, type BufferRole, type Entry, type Plan, type PlanRanks, type Step } from './plan.ts';

/** A plan as plain data: what `cardinal plan --json` prints. */
export interface PlanListing {
  readonly name: string;
  readonly steps: readonly StepListing[];
  readonly buffers: readonly {
    readonly name: string;
    readonly role: BufferRole;
    readonly shape: readonly number[];
    readonly offset: number;
    readonly bytes: number;
  }[];
  /** Bytes by role. Activations share an arena: `arena` is its size, `activations` the sum of what passes through it. */
  readonly memory: Readonly<Record<BufferRole | 'arena', number>>;
  readonly peakBytes: number;
  /** What the peak would be if all activations were kept, where some may be recomputed. */
  readonly keepingAllBytes?: number;
  /** Of one run of each entry; of several batch sizes, the largest. */
  readonly macs: number;
  /** For a program of one of several ranks: which, and the bytes that it gives to the others in one run of each entry. */
  readonly ranks?: PlanRanks;
  readonly bytesCommunicated: number;
  readonly fusions: Readonly<Record<string, number>>;
}

export interface StepListing {
  readonly index: number;
  readonly entry: Entry;
  readonly op: string;
  readonly scope: string;
  /** Whether it computes again, for the backward pass, what was not kept. */
  readonly recompute: boolean;
  /** The attributes worth a look: `3×3 /2 groups 32 +bn +relu`. */
  readonly detail: string;
  /** What runs whenever the step does. */
  readonly kernels: readonly string[];
  /** What runs once instead, in the prologue: packing of weights that stay as they are. */
  readonly once: readonly string[];
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly outputShape: readonly number[];
  readonly offset: number | undefined;
  readonly macs: number;
  /** Bytes that are added up over all ranks. */
  readonly bytesCommunicated: number;
}

/** A backend's kernel; `once` if it runs in the prologue instead of with its step. */
interface Kernel {
  readonly name: string;
  readonly once: boolean;
}

/** Describes a plan; `kernels` lists which of a backend's kernels a node runs. */
export function listPlan(plan: Plan, kernels: (node: Node) => readonly Kernel[]): PlanListing {
  checkKind(
    'listPlan',
    'the plan',
    plan,
    objectWith('what planInference or planTraining gives', 'steps', 'buffers'),
  );
  checkKind('listPlan', 'the kernels', kernels, callback);
  const steps = entriesOf(plan.steps).flatMap((entry) =>
    plan.steps[entry].map((step) => listStep(step, kernels)),
  );
  const sum = (role: BufferRole) =>
    plan.buffers.filter((buffer) => buffer.role === role).reduce((total, { bytes }) => total + bytes, 0);
  const activations = plan.buffers.filter(({ role }) => role === 'activation');
  const arena =
    largest(
      activations.map(({ offset, bytes }) => offset + bytes),
      0,
    ) -
    smallest(
      activations.map(({ offset }) => offset),
      plan.peakBytes,
    );
  return {
    name: plan.name,
    steps,
    buffers: plan.buffers.map(({ name, role, shape, offset, bytes }) => ({
      name,
      role,
      shape,
      offset,
      bytes,
    })),
    memory: {
      input: sum('input'),
      output: sum('output'),
      parameter: sum('parameter'),
      buffer: sum('buffer'),
      gradient: sum('gradient'),
      folded: sum('folded'),
      activation: sum('activation'),
      workspace: sum('workspace'),
      arena: Math.max(0, arena),
    },
    peakBytes: plan.peakBytes,
    ...(plan.keepingAllBytes === undefined ? {} : { keepingAllBytes: plan.keepingAllBytes }),
    macs: steps.reduce((total, { entry, macs }) => total + (entry.includes('@') ? 0 : macs), 0),
    ...(plan.ranks === undefined ? {} : { ranks: plan.ranks }),
    bytesCommunicated: steps.reduce((total, step) => total + step.bytesCommunicated, 0),
    fusions: plan.fusions,
  };
}

function listStep(step: Step, kernels: (node: Node) => readonly Kernel[]): StepListing {
  const { index, entry, node, inputs, outputs, recompute } = step;
  const used = kernels(node);
  const target = outputs.length > 0 ? outputs[0] : inputs[0];
  return {
    index,
    entry,
    op: node.op,
    scope: node.scope,
    recompute,
    detail: detailOf(node),
    kernels: used.filter(({ once }) => !once).map(({ name }) => name),
    once: used.filter(({ once }) => once).map(({ name }) => name),
    inputs: inputs.map(({ name }) => name),
    outputs: outputs.map(({ name }) => name),
    outputShape: target.shape,
    offset: target.offset,
    macs: macsOf(node),
    bytesCommunicated: bytesCommunicatedBy(node),
  };
}

function detailOf(node: Node): string {
  const words: string[] = [];
  const { attrs } = node;
  if (node.op === 'conv2d') {
    const [, , r, s] = node.inputs[1].shape;
    words.push(`${r}×${s}`);
  }
  if ('kernelSize' in attrs) words.push(attrs.kernelSize.join('×'));
  if ('stride' in attrs && typeof attrs.stride !== 'number' && largest(attrs.stride) > 1) {
    words.push(`/${attrs.stride[0]}`);
  }
  if ('groups' in attrs && attrs.groups > 1) words.push(`groups ${attrs.groups}`);
  if ('dilation' in attrs && largest(attrs.dilation) > 1) words.push(`dilation ${attrs.dilation[0]}`);
  if (node.op === 'all_reduce') {
    const tensors = node.inputs.length === 1 ? '1 tensor' : `${node.inputs.length} tensors`;
    words.push(`${tensors}, ${mebibytes(bytesCommunicatedBy(node))}`);
  }
  if ('bias' in attrs && attrs.bias) words.push('+bias');
  if ('residual' in attrs && attrs.residual) words.push('+residual');
  if ('activation' in attrs && attrs.activation !== 'none') words.push(`+${attrs.activation}`);
  return words.join(' ');
}

/** The listing for people: one line a step, then memory and fusions. Sizes in MiB (2²⁰ bytes). */
export function formatPlan(listing: PlanListing): string {
  checkKind(
    'formatPlan',
    'the plan',
    listing,
    objectWith('what listPlan gives', 'steps', 'memory', 'fusions'),
  );
  const rows = listing.steps.map((step) => [
    String(step.index),
    step.op,
    [...(step.recompute ? ['recompute'] : []), step.detail].join(' ').trimEnd(),
    // What has no module is named by what it changes: the steps of the update by their parameters.
    step.scope === '' ? (step.outputs[0] ?? step.inputs[0]) : step.scope,
    formatShape(step.outputShape),
    step.offset === undefined ? '' : `@${step.offset.toString(16).padStart(8, '0')}`,
    step.macs === 0 ? '' : `${(step.macs / 1e6).toFixed(2)} M`,
    [...step.once.map((name) => `(${name})`), ...step.kernels].join(' → '),
  ]);
  const header = ['#', 'op', 'how', 'module', 'output', 'address', 'MACs', 'kernels'];
  const widths = header.map((title, column) =>
    largest(
      rows.map((row) => row[column].length),
      title.length,
    ),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) =>
        column === 0 || column === 6 ? cell.padStart(widths[column]) : cell.padEnd(widths[column]),
      )
      .join('  ')
      .trimEnd();

  const lines = [`${listing.name}: ${listing.steps.length} steps`, ''];
  let entry: Entry | undefined;
  listing.steps.forEach((step, index) => {
    if (step.entry !== entry) {
      entry = step.entry;
      if (index > 0) lines.push('');
      lines.push(`${entry}:`, line(header));
    }
    lines.push(line(rows[index]));
  });
  if (listing.steps.some(({ once }) => once.length > 0)) {
    lines.push('', '(kernels in brackets) run once, in the prologue: their weights stay as they are');
  }
  lines.push('', 'memory:');
  for (const memory of memoryLines(listing)) lines.push(memory);
  const fusions = Object.entries(listing.fusions);
  lines.push('', fusions.length === 0 ? 'fused: nothing' : 'fused:');
  for (const [chain, count] of fusions) lines.push(`  ${String(count).padStart(4)} × ${chain}`);
  lines.push('', `multiply–accumulates of weights: ${(listing.macs / 1e9).toFixed(3)} G`);
  for (const communication of communicationLines(listing)) lines.push(communication);
  return lines.join('\n');
}

/** What is added up over the ranks. */
function communicationLines({ ranks, steps, bytesCommunicated }: PlanListing): string[] {
  if (ranks === undefined) return [];
  const { length } = steps.filter(({ op }) => op === 'all_reduce');
  return [
    `rank ${ranks.rank} of ${ranks.size}, which take ${ranks.batch} pictures together: ${length} sums over all ranks, ${mebibytes(bytesCommunicated)}`,
  ];
}

function memoryLines(listing: PlanListing): string[] {
  const { memory, peakBytes, buffers } = listing;
  const column = (bytes: number) => `${(bytes / 2 ** 20).toFixed(2).padStart(10)} MiB`;
  const rows: [string, number][] = [
    ['parameters', memory.parameter],
    ['folded weights', memory.folded],
    ['state (running statistics, optimiser, averages)', memory.buffer],
    ['gradients', memory.gradient],
    ['inputs and outputs', memory.input + memory.output],
    ['activations, in a shared arena', memory.arena],
    ['workspace', memory.workspace],
  ];
  const lines = rows.filter(([, bytes]) => bytes > 0).map(([label, bytes]) => `${column(bytes)}  ${label}`);
  const count = buffers.filter(({ role }) => role === 'activation').length;
  return [
    ...lines,
    `${column(peakBytes)}  peak = all that is allocated, in ${buffers.length} buffers`,
    ...(memory.arena > 0
      ? [
          `${count} activations of ${(memory.activation / 2 ** 20).toFixed(2)} MiB share the arena (reuse ${(memory.activation / memory.arena).toFixed(1)}×)`,
        ]
      : []),
    ...recomputeLines(listing),
  ];
}

/** What recomputing saves, and what it costs. */
function recomputeLines({ keepingAllBytes, peakBytes, steps }: PlanListing): string[] {
  if (keepingAllBytes === undefined) return [];
  const again = steps.filter(({ recompute }) => recompute);
  if (again.length === 0) return ['recomputing activations would save nothing: all are kept'];
  const share = (100 * (1 - peakBytes / keepingAllBytes)).toFixed(0);
  const macs = again.reduce((sum, step) => sum + step.macs, 0);
  return [
    `recomputed: ${again.length} steps, ${(macs / 1e9).toFixed(3)} G multiply–accumulates; all activations kept, the peak would be ${(keepingAllBytes / 2 ** 20).toFixed(2)} MiB (${share} % saved)`,
  ];
}
