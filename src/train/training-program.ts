import type { Program } from '../backends/backend.ts';
import { CardinalError } from '../base/errors.ts';
import { nextTask } from '../base/next-task.ts';
import { rowsOf } from '../base/ranks.ts';
import { Rng } from '../base/rng.ts';
import { sizeOf } from '../base/shape.ts';
import { f32, type StateDict, type TensorData } from '../base/tensor-data.ts';
import type { Batch } from '../data/dataset.ts';
import { mutatedBy } from '../graph/dispatch.ts';
import { countsHits } from '../plan/plan-training.ts';
import { hyperNamed } from '../plan/record-update.ts';
import { requireSameTensors } from './checkpoint.ts';
import { emaDecay, hyperAt } from './optimizer.ts';
import { beginsAt, otherPrefixes } from './other-optimizers.ts';
import { inUnits } from './in-units.ts';
import type { Recipe } from './recipe.ts';
import { hitsOf } from './tally.ts';

/** All numbers of a run that steps change, as tensors by name. */
export interface Tensors {
  readonly state: StateDict;
  /** `velocity.<parameter>`, … */
  readonly optimizer: StateDict;
  /** By the name of what it averages. */
  readonly ema: StateDict;
}

/** What a batch came to. */
export interface BatchResult {
  readonly loss: number;
  readonly correct: number;
  /** Whether a signal was aborted, of any rank: all are told so, and may end after the same step. */
  readonly stopping: boolean;
  /** Whether a rank said that a checkpoint is due. */
  readonly isDue: boolean;
}

/** What a rank tells the others along with a batch. */
export interface Wishes {
  /** Aborted: all are to end. */
  readonly signal?: AbortSignal | undefined;
  /** A checkpoint is due after this batch; of several ranks, one tells. */
  readonly isDue?: boolean | undefined;
}

const optimizerPrefixes = ['velocity.', 'exp_avg.', 'exp_avg_sq.', ...otherPrefixes];
const emaPrefix = 'ema.';
const batchCount = 'num_batches_tracked';

/**
 * A training program in a device's memory, a batch at a time: cuts it into micro-batches and keeps the books. Each method is one turn
 * of the program; what is given to it must stay as it is until it is done. A step is a `gradient` and its `update`, so there is one
 * trainer at a time. All reject with a `DisposedError` once the program or its backend was disposed of.
 *
 * Where several ranks train together, each has a program and gives it its rows of the batch; the result is that of all rows, and so are
 * the gradients. All call the same methods in the same order.
 */
export class TrainingProgram {
  readonly #program: Program;
  readonly #recipe: Recipe;
  readonly #microBatchSize: number;
  /** Rows of a micro-batch that are this program's. */
  readonly #rows: number;
  readonly #hasRanks: boolean;
  readonly #seed: number;
  /** The tensors that it keeps: the network's, the optimiser's, averages. A network may call an unused one as the plan calls an input. */
  readonly #names: ReadonlySet<string>;
  /** The order of tensors in snapshots: parameters as the network uses them, then statistics. */
  readonly #places: ReadonlyMap<string, number>;
  /** Inputs that hold the numbers of the optimiser's step. */
  readonly #hypers: readonly NonNullable<ReturnType<typeof hyperNamed>>[];
  readonly #dropsOut: boolean;
  /** Whether the device counts hits; if not, the host does, from the logits. */
  readonly #countsHits: boolean;
  /** Where a tensor is that the network holds under a second name: the program knows it by the first. */
  readonly #aliases: ReadonlyMap<string, string>;
  /** What the program has no room for: counts of batches, and tensors that no node uses. */
  #state: StateDict;
  /** How often one forward pass updates a running statistic: a shared norm's twice, a frozen one's never. */
  readonly #updates: ReadonlyMap<string, number>;
  /** Forward passes since the state was written: each update in them counts as a tracked batch, as in PyTorch. */
  #forwards = 0;

  /**
   * `microBatchSize` counts the pictures of all ranks. `state` are the network's own weights, to begin with, the same for all; the
   * moving average begins as a copy of them.
   */
  constructor(program: Program, recipe: Recipe, microBatchSize: number, seed: number, state: StateDict) {
    this.#program = program;
    this.#recipe = recipe;
    this.#microBatchSize = microBatchSize;
    this.#seed = seed;
    const { buffers, ranks } = program.plan;
    this.#hasRanks = ranks !== undefined;
    this.#rows = ranks === undefined ? microBatchSize : rowsOf(microBatchSize, ranks).count;
    this.#hypers = buffers.flatMap(({ name, role }) => (role === 'input' ? (hyperNamed(name) ?? []) : []));
    const kept = buffers.filter(({ role }) => role === 'parameter' || role === 'buffer');
    this.#names = new Set(kept.map(({ name }) => name));
    const parametersFirst = [...kept].sort(
      (a, b) => Number(a.role === 'buffer') - Number(b.role === 'buffer'),
    );
    this.#places = new Map(parametersFirst.map(({ name }, place) => [name, place]));
    this.#dropsOut = buffers.some(({ name, role }) => name === 'dropout_seed' && role === 'input');
    this.#countsHits = countsHits(program.plan);
    this.#aliases = aliasesIn(state, this.#names);
    this.#updates = updatesIn(program);
    this.#state = state;
    this.#writeState(state);
    for (const name of this.#namesUnder([emaPrefix])) this.#program.write(name, this.#weights(state, name));
    for (const name of this.#namesUnder(otherPrefixes)) {
      const start = beginsAt(recipe.optimizer, name);
      if (start !== 0)
        this.#program.write(name, new Float32Array(sizeOf(this.#blank(name).shape)).fill(start));
    }
    program.write('loss_gradient', Float32Array.of(this.#rows / recipe.batchSize));
    if (recipe.clipNorm !== undefined) program.write('max_norm', Float32Array.of(recipe.clipNorm));
  }

  /** Goes back to what `snapshot` gave. Rejects with a `CardinalError` that begins with `source` if tensors are missing. */
  restore(tensors: Tensors, source: string): Promise<void> {
    return this.#program.take(() => {
      this.#restore(tensors, source);
    });
  }

  #restore({ state, optimizer, ema }: Tensors, source: string): void {
    const bare = (prefix: string, names: readonly string[]) =>
      new Map(names.map((name) => [name.slice(prefix.length), this.#blank(name)]));
    requireSameTensors(
      optimizer,
      bare('', this.#namesUnder(optimizerPrefixes)),
      `${source}: optimiser state`,
    );
    requireSameTensors(ema, bare(emaPrefix, this.#namesUnder([emaPrefix])), `${source}: moving average`);
    this.#state = state;
    this.#forwards = 0;
    this.#writeState(state);
    for (const [name, { data }] of optimizer) this.#write(name, data);
    for (const [name, { data }] of ema) this.#write(emaPrefix + name, data);
  }

  /**
   * Forward and backward of one batch: the mean loss and how many of its pictures were classified correctly. If
   * `signal` is aborted before the last micro-batch has begun, gives nothing, and everything is as it was before. Of several ranks
   * all do so, those whose signals are not aborted included; they learn of it with the result of a micro-batch.
   */
  gradient(batch: Batch, step: number): Promise<BatchResult>;
  gradient(batch: Batch, step: number, wishes: Wishes): Promise<BatchResult | undefined>;
  gradient(batch: Batch, step: number, wishes: Wishes = {}): Promise<BatchResult | undefined> {
    return this.#program.take(() => this.#gradient(batch, step, wishes));
  }

  async #gradient(
    batch: Batch,
    step: number,
    { signal, isDue = false }: Wishes,
  ): Promise<BatchResult | undefined> {
    const program = this.#program;
    const rows = this.#rows;
    const parts = this.#recipe.batchSize / this.#microBatchSize;
    const mayGiveUp = parts > 1 && (signal !== undefined || this.#hasRanks);
    const before = mayGiveUp ? await this.#statistics() : [];
    const isAborted = (): boolean => signal?.aborted === true;
    let loss = 0;
    let correct = 0;
    let stopping = false;
    let due = isDue;
    for (let part = 0; part < parts; part++) {
      if (part > 0) {
        await nextTask();
        if (!this.#hasRanks) stopping = isAborted();
        if (stopping) {
          for (const [name, data] of before) program.write(name, data);
          this.#forwards -= part;
          return undefined;
        }
      }
      program.write('input', cut(batch.input, part, parts), 'channels_last');
      program.write('target', cut(batch.target, part, parts));
      const labels = Float32Array.from({ length: rows }, (_, row) => batch.labels[part * rows + row]);
      if (this.#countsHits) program.write('labels', labels);
      if (this.#dropsOut) {
        const seed = Rng.of(this.#seed, 'dropout', step, part).int(2 ** 24);
        program.write('dropout_seed', Float32Array.of(seed));
      }
      if (this.#hasRanks) program.write('stopping', Float32Array.of(toldBy(isAborted(), isDue)));
      await program.run('gradient');
      this.#forwards++;
      if (parts > 1) {
        program.write('accumulate_scale', Float32Array.of(part === 0 ? 0 : 1));
        await program.run('accumulate');
      }
      const [[partLoss], counted, told] = await program.read([
        'loss',
        this.#countsHits ? 'hits' : 'logits',
        ...(this.#hasRanks ? ['stopping'] : []),
      ]);
      loss += partLoss / parts;
      correct += this.#countsHits ? counted[0] : hitsOf(counted, labels);
      if (this.#hasRanks) ({ stopping, due } = readTold(told[0]));
    }
    return { loss, correct, stopping: this.#hasRanks ? stopping : isAborted(), isDue: due };
  }

  /** Copies of what a forward pass changes: running statistics, which each micro-batch updates. */
  async #statistics(): Promise<[name: string, data: Float32Array][]> {
    const names = [...this.#updates.keys()];
    const copies = await this.#program.read(names);
    return names.map((name, index) => [name, copies[index]]);
  }

  /** The optimiser's step with the gradients of the last batch. Gives their norm if they are clipped. */
  update(learningRate: number, step: number): Promise<number | undefined> {
    return this.#program.take(() => this.#update(learningRate, step));
  }

  async #update(learningRate: number, step: number): Promise<number | undefined> {
    const program = this.#program;
    const { ema, optimizer, clipNorm } = this.#recipe;
    for (const { name, rate, since } of this.#hypers) {
      program.write(name, hyperAt(optimizer, learningRate * rate, step - since));
    }
    if (ema !== undefined) {
      const decay = ema.warmUp ? Math.min(ema.decay, (1 + step) / (10 + step)) : ema.decay;
      program.write('ema_decay', emaDecay(decay));
    }
    await program.run('update');
    return clipNorm === undefined ? undefined : (await program.read('gradient_norm'))[0];
  }

  /** Copies of everything, in PyTorch's order. */
  snapshot(): Promise<Tensors> {
    return this.#program.take(() => this.#snapshot());
  }

  async #snapshot(): Promise<Tensors> {
    const held = [...this.#state.keys()].filter((name) => this.#names.has(this.#sourceOf(name)));
    const optimizer = this.#namesUnder(optimizerPrefixes);
    const ema = this.#namesUnder([emaPrefix]);
    const names = [...held.map((name) => this.#sourceOf(name)), ...optimizer, ...ema];
    const read = await this.#program.read(names);
    const tensors = names.map((name, index) => f32(this.#blank(name).shape, read[index]));
    const from = (first: number, as: readonly string[]): StateDict =>
      new Map(as.map((name, index) => [name, tensors[first + index]]));
    return {
      state: this.#stateWith(from(0, held)),
      optimizer: from(held.length, optimizer),
      ema: from(
        held.length + optimizer.length,
        ema.map((name) => name.slice(emaPrefix.length)),
      ),
    };
  }

  /** The weights to evaluate and to use: the moving average where one is kept, numbers in the data's units. */
  averaged({ state, ema }: Tensors): StateDict {
    const weights = [...state].map(
      ([name, tensor]) => [name, ema.get(this.#sourceOf(name)) ?? tensor] as const,
    );
    return inUnits(new Map(weights), this.#recipe);
  }

  dispose(): Promise<void> {
    return this.#program.dispose();
  }

  /** The network's tensors: those that the program holds, as they were read, and what it has no room for. */
  #stateWith(held: StateDict): StateDict {
    const result: StateDict = new Map();
    for (const [name, tensor] of this.#state) {
      const read = held.get(name);
      if (read !== undefined) result.set(name, read);
      else if (tensor.dtype === 'I64' && name.endsWith(batchCount)) {
        const seen = BigInt(this.#forwards * this.#updatesBeside(name));
        result.set(name, { ...tensor, data: tensor.data.map((count) => count + seen) });
      } else result.set(name, tensor);
    }
    return result;
  }

  /** The name by which the program knows a tensor of the network. */
  #sourceOf(name: string): string {
    return this.#aliases.get(name) ?? name;
  }

  /** Updates of the running mean that stands beside a count of batches. */
  #updatesBeside(count: string): number {
    const mean = `${count.slice(0, -batchCount.length)}running_mean`;
    return this.#updates.get(this.#sourceOf(mean)) ?? 0;
  }

  #writeState(state: StateDict): void {
    for (const [name, { data }] of state) if (this.#names.has(name)) this.#write(name, data);
  }

  #write(name: string, data: TensorData['data']): void {
    if (!(data instanceof Float32Array)) throw new CardinalError(`tensor '${name}' is I64, expected F32`);
    this.#program.write(name, data);
  }

  /** A tensor of the shape that the program gives it, without elements. */
  #blank(name: string): TensorData {
    const shape = this.#program.plan.buffers.find((buffer) => buffer.name === name)?.shape ?? [];
    return { dtype: 'F32', shape, data: new Float32Array(0) };
  }

  #weights(state: StateDict, averaged: string): Float32Array {
    const tensor = state.get(averaged.slice(emaPrefix.length));
    if (tensor?.dtype !== 'F32') throw new CardinalError(`no tensor to begin '${averaged}' with`);
    return tensor.data;
  }

  /** What the plan keeps under these prefixes; a network's own tensors may be called so, too. */
  #namesUnder(prefixes: readonly string[]): string[] {
    const prefixOf = (name: string) => prefixes.find((prefix) => name.startsWith(prefix));
    const found = [...this.#names].filter((name) => !this.#state.has(name) && prefixOf(name) !== undefined);
    if (!this.#hasRanks) return found;
    // In the order of a rank alone: several update first what first comes from the others.
    const placeOf = (name: string) => this.#places.get(name.slice(prefixOf(name)?.length)) ?? 0;
    return found.sort((a, b) => placeOf(a) - placeOf(b));
  }
}

/** Whether a rank is to stop, and whether it tells that a checkpoint is due, in one number: sums over ranks keep both apart. */
function toldBy(stopping: boolean, isDue: boolean): number {
  return Number(stopping) + (isDue ? 0.5 : 0);
}

function readTold(sum: number): { readonly stopping: boolean; readonly due: boolean } {
  return { stopping: sum >= 1, due: sum % 1 !== 0 };
}

function updatesIn({ plan }: Program): Map<string, number> {
  const updates = new Map<string, number>();
  for (const { name, role } of plan.steps.gradient.flatMap(({ node }) => mutatedBy(node))) {
    if (role !== 'buffer') continue;
    updates.set(name, (updates.get(name) ?? 0) + 1);
  }
  return updates;
}

function aliasesIn(state: StateDict, known: ReadonlySet<string>): Map<string, string> {
  const owners = new Map(
    [...state].filter(([name]) => known.has(name)).map(([name, { data }]) => [data, name]),
  );
  const aliases = new Map<string, string>();
  for (const [name, { data }] of state) {
    const owner = owners.get(data);
    if (owner !== undefined && owner !== name) aliases.set(name, owner);
  }
  return aliases;
}

function cut(data: Float32Array, part: number, parts: number): Float32Array {
  const length = data.length / parts;
  return data.subarray(part * length, (part + 1) * length);
}
