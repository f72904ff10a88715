/** The script of the thread in which an isolated backend computes: it is thread 0 of its pool. */
import { parentPort, workerData } from 'node:worker_threads';
import { serve } from '../base/channel/serve.ts';
import { backendHandlers } from '../backends/remote/serve.ts';
import { factsOf } from '../backends/remote/service.ts';
import { productsOf } from '../backends/wasm/backend.ts';
import { backends } from './backends.ts';
import type { IsolatedData, IsolatedService } from './isolated-backend.ts';
import { portOfTarget } from './thread-port.ts';

if (parentPort === null)
  throw new Error('isolated-worker is started by createIsolatedBackend, not run by itself');
const port = portOfTarget(parentPort);
try {
  const { name, options } = workerData as IsolatedData;
  const backend = await backends[name].create(options);
  serve<IsolatedService>(port, {
    ...backendHandlers(backend),
    open: () => ({ facts: factsOf(backend), products: productsOf(backend) }),
  });
} catch (error) {
  serve<Pick<IsolatedService, 'open'>>(port, {
    open: () => {
      throw error;
    },
  });
}
