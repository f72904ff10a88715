import { Disposal, type DisposeOptions } from '../../base/disposal.ts';
import { roundUp } from '../../base/round-up.ts';
import { CardinalError, DeviceLostError, messageOf, UsageError } from '../../base/errors.ts';
import {
  anything,
  callback,
  checkOptions,
  flag,
  having,
  text,
  wholeFrom,
  type Kinds,
} from '../../base/options.ts';
import type { Node } from '../../graph/node.ts';
import { sizeOf } from '../../base/shape.ts';
import type { Ranks } from '../../base/ranks.ts';
import type { Entry, Plan } from '../../plan/plan.ts';
import {
  multiplyAddInWords,
  type Backend,
  type KernelUse,
  type MultiplyAdd,
  type NativeLibrary,
  type Numerics,
  type Program,
} from '../backend.ts';
import { CACHE_LINE, cpuTarget } from '../cpu.ts';
import type { Communicator } from '../communicator.ts';
import { Programs } from '../host-program.ts';
import { checkRanks, inTurn, Reductions } from '../reductions.ts';
import { nativeKernels } from './blas-kernels.ts';
import type { NativeProducts, OpenSgemm } from './blas.ts';
import { PLAN_ADDRESS, SCRATCH_BYTES } from './call.ts';
import { LOST, NOT_BEGUN, announceChange, control, controlWords } from './control.ts';
import { wasmFeatures } from './features.ts';
import { lowerPlan } from './lower-plan.ts';
import { MemoryPool } from './memory-pool.ts';
import { link } from './messages.ts';
import type { Message, WorkerHandle } from './messages.ts';
import { wasmPlanning, type Products, type WasmPlanning } from './planning.ts';
import { walk } from './walk.ts';
import type { Between, CallList, Team } from './walk.ts';

/** Addresses are 32 bits wide. */
const ADDRESSABLE = 2 ** 32;
/** Room kept for arguments: far more calls than any network here has. */
const ARGS_RESERVE = 16 * 2 ** 20;

const boundless = { program: Infinity, all: Infinity };

export interface WasmBackendOptions {
  /** The compiled kernels, with or without relaxed SIMD. */
  readonly module: WebAssembly.Module;
  /**
   * Whether the module is for shared memory, as it was built; `unsharedKernels` makes it one that is not, for one thread in engines
   * without. Default: true.
   */
  readonly shared?: boolean | undefined;
  /** What people call it: `simd`, `relaxed`, `wide`. */
  readonly build?: string | undefined;
  /** How the module's kernels add a product to a sum on this machine, if it is known. */
  readonly multiplyAdd?: Exclude<MultiplyAdd, 'double'> | undefined;
  /** Threads that compute, the calling one included. */
  readonly threads: number;
  /** A native library that does matmuls; workers must be started with the same. Default: none. */
  readonly blas?: NativeProducts | undefined;
  /** Starts a worker that calls `serve`. Called `threads − 1` times, with 0, 1, … */
  readonly spawn: (index: number) => WorkerHandle;
  /** Where the platform can, does a run with each thread on a processor of its own. `work` is the same for runs that are alike. */
  readonly placement?: { during(work: object, run: () => void): void } | undefined;
  /** Bytes that one program may take, and all of them together, where the platform has less than can be addressed. */
  readonly room?: { readonly program: number; readonly all: number } | undefined;
  /**
   * Bytes of freed memories that are kept for programs to come, where the engine lets go of them late and has few, as browsers do.
   * The last is kept however large it is. They come on top of `room`. Default: 0, none.
   */
  readonly keepFreed?: number | undefined;
  /** The ranks whose programs train together with those of this backend; the calling thread asks it. Default: it is alone. */
  readonly communicator?: Communicator | undefined;
  /** Whether the calling thread may sleep while it waits for the others. Browsers forbid it to a page's main thread. */
  readonly maySleep: boolean;
}

const wasmKinds: Kinds<WasmBackendOptions> = {
  module: {
    expected: 'a WebAssembly.Module',
    is: (value) => Object.prototype.toString.call(value) === '[object WebAssembly.Module]',
  },
  shared: flag,
  build: text,
  multiplyAdd: anything,
  threads: wholeFrom(1),
  blas: anything,
  spawn: callback,
  placement: anything,
  room: anything,
  keepFreed: wholeFrom(0),
  communicator: having('a communicator', 'startAllReduce'),
  maySleep: flag,
};

/**
 * WebAssembly kernels. Every thread walks the whole program, on shared memory: the calling one is thread 0, the others
 * sleep between runs and meet at a barrier after each call. Knows nothing of the platform it runs on.
 * @throws {UsageError} if more threads are asked for than can share memory.
 */
export async function createWasmBackend(options: WasmBackendOptions): Promise<Backend> {
  checkOptions('createWasmBackend', options, wasmKinds, ['module', 'threads', 'spawn', 'maySleep']);
  checkSharing(options);
  const workers: WorkerHandle[] = [];
  try {
    for (let index = 0; index < options.threads - 1; index++) workers.push(options.spawn(index));
  } catch (error) {
    await Promise.all(workers.map((worker) => worker.terminate()));
    throw new CardinalError(
      `thread ${workers.length + 2} of ${options.threads} cannot be started: ${messageOf(error)}; take fewer threads`,
      { cause: error },
    );
  }
  const backend = new WasmBackend(options, workers);
  try {
    await backend.start();
    return backend;
  } catch (error) {
    await backend.dispose();
    throw error;
  }
}

/** What `wasmPlanning` must know to answer as this backend does, on a thread that does not have it; undefined for others. */
export function productsOf(backend: Backend): Products | undefined {
  return backend instanceof WasmBackend ? backend.products : undefined;
}

function checkSharing({ shared = true, threads }: WasmBackendOptions): void {
  const hint = 'a page shares memory if it is cross-origin isolated';
  if (!shared && threads > 1) {
    throw new UsageError(
      `createWasmBackend: expected 1 thread where memory is not shared, got ${threads}; ${hint}`,
    );
  }
  if (shared && !wasmFeatures().threads) {
    throw new UsageError(
      `createWasmBackend: expected shared: false where threads cannot share memory, got true; ${hint}`,
    );
  }
}

class WasmBackend implements Backend {
  readonly name = 'wasm';
  readonly description: string;
  readonly alignment = cpuTarget.alignment;
  readonly maxBytes: number;
  readonly maxBufferBytes = cpuTarget.maxBufferBytes;
  readonly numerics: Numerics | undefined;
  readonly products: Products | undefined;
  readonly ranks: Ranks | undefined;

  readonly #communicator: Communicator | undefined;
  readonly #planning: WasmPlanning;
  readonly #openSgemm: OpenSgemm | undefined;
  readonly #module: WebAssembly.Module;
  readonly #team: Team;
  readonly #shared: boolean;
  readonly #memories: MemoryPool;
  readonly #placement: WasmBackendOptions['placement'];
  readonly #programs = new Programs(this.name);
  #workers: readonly WorkerHandle[];
  /** Bytes of one program, packed weights and arguments included, and of all that are loaded. */
  readonly #most: number;
  readonly #room: number;
  #held = 0;
  #loaded = 0;
  /** Why no run may begin any more. */
  #defect: CardinalError | undefined;
  readonly #disposal = new Disposal({
    drain: () => this.#programs.drain(),
    cut: () => this.#programs.cutOff(),
    free: () => this.#end(),
  });

  constructor(options: WasmBackendOptions, workers: readonly WorkerHandle[]) {
    const { module, shared = true, build, multiplyAdd, threads, maySleep, blas, placement } = options;
    const { room = boundless, keepFreed = 0, communicator } = options;
    this.#communicator = communicator;
    this.ranks = communicator && { rank: communicator.rank, size: communicator.size };
    this.description = [
      threads === 1 ? '1 thread' : `${threads} threads`,
      buildInWords(build, multiplyAdd),
      ...(blas === undefined ? [] : [blas.name]),
    ].join(', ');
    this.numerics = multiplyAdd && { multiplyAdd, ...(blas && { library: libraryOf(blas, threads) }) };
    this.#openSgemm = blas?.openSgemm;
    this.products = blas && { threads, unpacked: blas.unpacked };
    this.#planning = wasmPlanning(this.products);
    this.#most = Math.min(room.program, ADDRESSABLE);
    this.#room = room.all;
    this.maxBytes = Math.max(0, this.#most - PLAN_ADDRESS - ARGS_RESERVE - threads * SCRATCH_BYTES);
    this.#module = module;
    this.#shared = shared;
    this.#memories = new MemoryPool(
      keepFreed,
      (pages) => new WebAssembly.Memory({ initial: pages, maximum: pages, shared }),
    );
    const bytes = 4 * controlWords(threads);
    const words = new Int32Array(shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes));
    this.#team = { words, threads, thread: 0, maySleep };
    this.#placement = placement;
    this.#workers = workers;
    for (const worker of workers) {
      worker.onEnd((reason) => {
        this.#lose(reason);
      });
    }
  }

  async start(): Promise<void> {
    const { words, threads } = this.#team;
    await this.#request((index) => ({ type: 'start', words, threads, thread: index + 1 }));
  }

  workspaceBytes(node: Node): number {
    return this.#planning.workspaceBytes(node);
  }

  supports(node: Node): boolean {
    return this.#planning.supports(node);
  }

  workOf(node: Node): number {
    return this.#planning.workOf(node);
  }

  kernelsOf(plan: Plan): ReadonlyMap<Node, readonly KernelUse[]> {
    return this.#planning.kernelsOf(plan);
  }

  async load(plan: Plan): Promise<Program> {
    this.#check();
    checkRanks(plan, this.#communicator);
    const scratch = PLAN_ADDRESS + roundUp(plan.peakBytes, CACHE_LINE);
    const room = { begin: scratch + this.#team.threads * SCRATCH_BYTES, end: this.#most - ARGS_RESERVE };
    const { lists, runs, words, argsAddress } = lowerPlan(plan, room, this.#planning.lowerer);
    const bytes = argsAddress + words.byteLength;
    if (bytes > this.#most) {
      throw new CardinalError(
        `plan "${plan.name}" needs ${bytes} bytes, the wasm backend has ${this.#most}; take a smaller batch`,
      );
    }
    if (this.#held + bytes > this.#room) {
      throw new CardinalError(
        `plan "${plan.name}" needs ${bytes} bytes, others have ${this.#held} of the ${this.#room} that there are; dispose of one, or take a smaller batch`,
      );
    }
    const memory = this.#take(bytes, plan.name);
    new Int32Array(memory.buffer, argsAddress, words.length).set(words);

    const program = ++this.#loaded;
    const linked = await this.#link(lists, memory);
    await this.#request(() => ({ type: 'load', program, module: this.#module, memory, lists, scratch }));
    this.#held += bytes;
    const floats = (from: number, length: number) =>
      new Float32Array(memory.buffer, PLAN_ADDRESS + from, length);
    const reductions = new Reductions(this.#communicator, floats);
    return this.#programs.add(plan, {
      elements: ({ offset, shape }) => floats(offset, sizeOf(shape)),
      run: (entry) =>
        inTurn(runs[entry], (part) => {
          if (typeof part !== 'number') return reductions.do(part);
          const between = reductions.pending
            ? () => {
                reductions.look();
              }
            : undefined;
          this.#run({ program, list: part, entry }, linked[part], lists[part].kernels, scratch, between);
        }),
      release: () => {
        this.#held -= bytes;
        // A sum that comes late must not come into another program's memory.
        return this.#unload(program, reductions.pending ? undefined : memory);
      },
    });
  }

  #take(bytes: number, plan: string): WebAssembly.Memory {
    try {
      return this.#memories.take(bytes);
    } catch (error) {
      throw new CardinalError(`no memory for plan "${plan}" (${bytes} bytes): ${messageOf(error)}`, {
        cause: error,
      });
    }
  }

  /** The lists with kernels of an instance of this thread's own. If there is none, the memory is free again. */
  async #link(lists: readonly CallList<string>[], memory: WebAssembly.Memory): Promise<readonly CallList[]> {
    try {
      const instance = await WebAssembly.instantiate(this.#module, { env: { memory } });
      const native = nativeKernels(this.#openSgemm, memory, instance);
      return lists.map((list) => link(list, instance, native));
    } catch (error) {
      this.#memories.give(memory);
      if (!(error instanceof WebAssembly.LinkError)) throw error;
      throw new CardinalError(
        `the kernels do not fit a backend with shared: ${this.#shared}: ${messageOf(error)}`,
        {
          cause: error,
        },
      );
    }
  }

  dispose(options?: DisposeOptions): Promise<void> {
    return this.#disposal.ask(options);
  }

  async #end(): Promise<void> {
    const workers = this.#workers;
    this.#workers = [];
    await Promise.all(workers.map((worker) => worker.terminate()));
    this.#memories.empty();
  }

  #run(
    {
      program,
      list: index,
      entry,
    }: { readonly program: number; readonly list: number; readonly entry: Entry },
    list: CallList,
    kernels: readonly string[],
    scratch: number,
    between: Between | undefined,
  ): void {
    this.#checkThreads();
    // Nothing for workers to meet at: they must not be woken.
    if (list.kernels.length === 0) return;
    const { words, threads } = this.#team;
    let trap = 'it trapped on a worker';
    const together = (): void => {
      if (threads > 1) {
        Atomics.store(words, control.program, program);
        Atomics.store(words, control.list, index);
        Atomics.add(words, control.runs, 1);
        announceChange(words, control.news, control.idle);
      }
      try {
        walk(list, scratch, this.#team, between);
      } catch (error) {
        trap = messageOf(error);
      }
    };
    if (this.#placement === undefined) together();
    else this.#placement.during(list, together);
    // Engines without shared memory may have no atomics, and one thread needs none.
    const failed = threads > 1 ? Atomics.load(words, control.failed) : words[control.failed];
    if (failed === 0) return;
    if (failed === LOST) throw this.#lose('its worker ended');
    const call = failed - 1;
    // Its memory is half written, and its threads have lost each other.
    this.#defect = new DeviceLostError(
      failed === NOT_BEGUN
        ? `a thread of the wasm backend could not begin ${entry}: it does not know the program`
        : `kernel "${kernels[call]}" failed in call ${call} of ${entry}: ${trap}`,
    );
    this.#checkThreads();
  }

  #check(): void {
    this.#programs.check();
    this.#checkThreads();
  }

  #checkThreads(): void {
    if (this.#defect !== undefined) throw this.#defect;
  }

  async #request(message: (worker: number) => Message): Promise<void> {
    const answers = this.#workers.map((worker, index) => worker.request(message(index)));
    this.#callToListen();
    try {
      await Promise.all(answers);
    } catch (error) {
      this.#programs.check();
      throw this.#lose(messageOf(error), error);
    }
  }

  /** No run may begin any more: it would wait for the lost worker for ever. Gives what is wrong. */
  #lose(reason: string, cause?: unknown): CardinalError {
    return (this.#defect ??= new DeviceLostError(`a thread of the wasm backend was lost: ${reason}`, {
      cause,
    }));
  }

  /**
   * Resolves when no thread has the program any more, be it that the thread is gone. Its `memory` is used again only if every thread
   * says so itself: one that is being ended may still be in the middle of a kernel.
   */
  async #unload(program: number, memory: WebAssembly.Memory | undefined): Promise<void> {
    const answers = this.#workers.map((worker) => worker.request({ type: 'unload', program }));
    this.#callToListen();
    const answered = await Promise.allSettled(answers);
    if (memory === undefined) return;
    if (answered.every(({ status }) => status === 'fulfilled')) this.#memories.give(memory);
  }

  #callToListen(): void {
    const { words, threads } = this.#team;
    if (threads === 1) return;
    Atomics.add(words, control.posted, 1);
    announceChange(words, control.news, control.idle);
  }
}

/** The numeric class is said where it is not that of the build's name: engines may round relaxed multiply–adds twice. */
function buildInWords(
  build: WasmBackendOptions['build'],
  multiplyAdd: WasmBackendOptions['multiplyAdd'],
): string {
  if (build === undefined) return 'WebAssembly';
  const isOdd = build !== 'simd' && multiplyAdd === 'separate';
  return `WebAssembly ${build}${isOdd ? ` (${multiplyAddInWords.separate})` : ''}`;
}

function libraryOf({ name, version, processor }: NativeProducts, threads: number): NativeLibrary {
  return { name, version, processor, threads };
}
