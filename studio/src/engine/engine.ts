import { signal } from '@preact/signals';
import type { Channel, StudioAbout, StudioService } from 'cardinal-nn/studio';

/** How the page stands with what computes for it. */
export type EngineState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'ready'; readonly about: StudioAbout; readonly engine: Channel<StudioService> }
  /** `message` says why and what to do; `retrying` whether the page goes on trying. */
  | { readonly kind: 'lost'; readonly message: string; readonly retrying: boolean };

/** What computes for the page. Rooms read it, and show what they can while there is none. */
export const engine = signal<EngineState>({ kind: 'connecting' });

/** Whether this page came from `cardinal studio`, whose server says so in the page. */
const isOnMachine =
  document.querySelector('meta[name="cardinal-engine"]')?.getAttribute('content') === 'machine';

/** Finds what computes: this machine behind the server of the page, or a worker of the page. */
export async function startEngine(): Promise<void> {
  const set = (state: EngineState): void => {
    engine.value = state;
  };
  try {
    if (isOnMachine) (await import('./machine.ts')).connectToMachine(set);
    else await (await import('./page.ts')).startInPage(set);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    set({ kind: 'lost', message, retrying: false });
  }
}

/** The engine once it is there: for what a visitor has asked for. Rejects if it is lost. */
export function whenReady(): Promise<Channel<StudioService>> {
  return new Promise((resolve, reject) => {
    const stop = engine.subscribe((state) => {
      if (state.kind === 'connecting') return;
      if (state.kind === 'ready') resolve(state.engine);
      else reject(new Error(state.message));
      queueMicrotask(() => {
        stop();
      });
    });
  });
}

/** The engine once one answers, however long that takes: one that was lost may come back. `onWait` is told while there is none. */
export function whenBack(onWait: () => void): Promise<Extract<EngineState, { kind: 'ready' }>> {
  return new Promise((resolve) => {
    const stop = engine.subscribe((state) => {
      if (state.kind !== 'ready' || state.engine.ended !== undefined) {
        onWait();
        return;
      }
      resolve(state);
      queueMicrotask(() => {
        stop();
      });
    });
  });
}
