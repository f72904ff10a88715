import { Worker } from 'node:worker_threads';
import { connect } from '../base/channel/connect.ts';
import type { Call } from '../base/channel/service.ts';
import type { Backend } from '../backends/backend.ts';
import { connectBackend } from '../backends/remote/connect.ts';
import type { BackendFacts, BackendService } from '../backends/remote/service.ts';
import type { Products } from '../backends/wasm/planning.ts';
import type { EngineOptions } from '../run/engine-options.ts';
import { backends, type BackendName } from './backends.ts';
import { threadScript } from './package-files.ts';
import { portOfThread } from './thread-port.ts';

/** What its thread is to create. */
export interface IsolatedData {
  readonly name: BackendName;
  readonly options: EngineOptions & { readonly threads: number };
}

export interface IsolatedService extends BackendService {
  /** The first call: fails with what kept the backend from being created. */
  open: Call<[], { readonly facts: BackendFacts; readonly products: Products | undefined }>;
}

/** A backend that computes in a thread of its own, with whatever threads it has beside it: the calling one goes on. */
export async function createIsolatedBackend(workerData: IsolatedData): Promise<Backend> {
  const worker = new Worker(threadScript('isolated-worker'), {
    name: 'cardinal-engine',
    workerData,
    // Options of the command line are meant for the main script; some, as --input-type, keep a worker from starting.
    execArgv: [],
  });
  const end = async (): Promise<void> => {
    // Else the process may end, with whoever awaits this, before the thread has.
    worker.ref();
    await worker.terminate();
  };
  const channel = connect<IsolatedService>(portOfThread(worker, 'the thread of the backend'));
  try {
    const { facts, products } = await channel.call('open', []);
    const planning = await backends[workerData.name].planning(products);
    return connectBackend(channel, { facts, planning, end });
  } catch (error) {
    await end();
    throw error;
  }
}
