import { workerData } from 'node:worker_threads';
import { loadKoffi, type NativeLibrary } from '../koffi.ts';
import type { EndWatchData } from './end.ts';
import { partByPmi, waitsForPmi } from './pmi-socket.ts';

const { limit, code } = workerData as EndWatchData;
setTimeout(() => void leave(), limit);

/** What each way of taking leave may take, in milliseconds. */
const parting = 5000;

/** The main thread is within MPI_Finalize, and has said everything. Launchers take a process for failed that ends without a word to them. */
async function leave(): Promise<void> {
  const system = (await loadKoffi()).load(null);
  // Other ranks come to where this one waits as they leave, so that it goes on; if not, it is the last.
  if (waitsForPmi()) await new Promise((resolve) => setTimeout(resolve, 2 * parting));
  // The system's own clock ends the process if it is held up here, too.
  system.func('unsigned int alarm(unsigned int)')((4 * parting) / 1000);
  if (!waitsForPmi()) partByPmi(system, parting);
  partByPmix(system);
  system.func('void _exit(int)')(code);
}

/** By the library through which Open MPI talks to its launcher. The call may be made in any thread. */
function partByPmix(system: NativeLibrary): void {
  try {
    system.func('int PMIx_Finalize(void *, size_t)')(0n, 0n);
  } catch {
    // There is no PMIx in this process.
  }
}
