import type { CallList, Kernel } from './walk.ts';

/** What the main thread tells a worker. It answers each with one message of any content when done. */
export type Message =
  | {
      readonly type: 'start';
      /** Shared; see `control.ts`. */
      readonly words: Int32Array;
      readonly threads: number;
      /** Which of them the worker is; the main thread is 0. */
      readonly thread: number;
    }
  | {
      readonly type: 'load';
      readonly program: number;
      readonly module: WebAssembly.Module;
      readonly memory: WebAssembly.Memory;
      /** Kernels by name. A run names a list by its index. */
      readonly lists: readonly CallList<string>[];
      /** Address of the first thread's scratch room; the others' follow. */
      readonly scratch: number;
    }
  | { readonly type: 'unload'; readonly program: number };

/** A worker as the main thread holds it. The platform makes it: worker_threads in Node, Web Workers in a browser. */
export interface WorkerHandle {
  /**
   * Posts a message and waits for the worker's answer to it; several may wait. Keeps the process alive meanwhile, and
   * only then. Rejects if the worker ends, or has ended.
   */
  request(message: Message): Promise<void>;
  /** Whom to tell when the worker ends, for whatever reason. */
  onEnd(handler: (reason: string) => void): void;
  terminate(): Promise<void>;
}

/** The main thread as a worker sees it. */
export interface WorkerPort {
  onMessage(handler: (message: Message) => void): void;
  answer(): void;
}

/** Resolves a list's kernels against one instance's exports, or against kernels that are not of the module. */
export function link(
  list: CallList<string>,
  instance: WebAssembly.Instance,
  others: Readonly<Record<string, Kernel>>,
): CallList {
  const kernels = list.kernels.map((name) => {
    if (Object.hasOwn(others, name)) return others[name];
    const kernel = instance.exports[name];
    if (typeof kernel !== 'function') throw new TypeError(`the kernel module exports no function "${name}"`);
    // The module is ours: its exported kernels take three numbers or fewer.
    return kernel as CallList['kernels'][number];
  });
  return { ...list, kernels };
}
