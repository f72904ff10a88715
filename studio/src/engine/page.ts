import { connect, portOf, type CutOff, type StudioService } from 'cardinal-nn/studio';
import { cutOff } from './cut-off.tsx';
import type { EngineState } from './engine.ts';
import type { Begun } from './page-worker.ts';

/** Starts the engine in a worker of this page, for pages on a static host, and tells what becomes of it. */
export async function startInPage(set: (state: EngineState) => void): Promise<void> {
  const worker = new Worker(new URL('./page-worker.ts', import.meta.url), { type: 'module', name: 'studio' });
  await begun(worker);
  const engine = connect<StudioService>(portOf(worker));
  worker.addEventListener('error', ({ message }) => {
    engine.end(new Error(message));
    set({
      kind: 'lost',
      message: `What computes in this page has ended (${message}). Reload the page.`,
      retrying: false,
    });
  });
  set({ kind: 'ready', about: await engine.call('about', []), engine });
  const on = {
    cutOff: (run: CutOff): void => {
      cutOff.value = run;
    },
  };
  // As long as the page is open. Where it fails, runs go on by hand.
  engine.call('goOn', [], { on }).catch(() => undefined);
}

/** Resolves when the worker may be asked. Rejects with the reason if it cannot begin. */
function begun(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.addEventListener(
      'message',
      ({ data }: MessageEvent<Begun>) => {
        if (data.begun) resolve();
        else reject(new Error(`nothing can compute in this page: ${data.message}`));
      },
      { once: true },
    );
    worker.addEventListener('error', ({ message }) => {
      reject(new Error(`nothing can compute in this page: its script could not be loaded ${message}`));
    });
  });
}
