/** Runs chains of multiply–adds when it is told to, and answers with the milliseconds. */
import { parentPort, workerData } from 'node:worker_threads';
import { z } from 'zod/mini';

const { module } = z.object({ module: z.instanceof(WebAssembly.Module) }).parse(workerData);
const { exports } = new WebAssembly.Instance(module);
const chains = exports['chains'] as (rounds: number, at: number, addend: number, factor: number) => void;
parentPort?.on('message', (rounds: number) => {
  const before = performance.now();
  chains(rounds, 0, 0.5, 0.75);
  parentPort?.postMessage(performance.now() - before);
});
