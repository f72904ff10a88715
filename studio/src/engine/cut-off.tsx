import { signal, useSignal } from '@preact/signals';
import type { CutOff } from 'cardinal-nn/studio';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { hrefOf } from '../address.ts';
import { messageOf } from '../parts/answer.ts';
import { whenReady } from './engine.ts';

/** The run that was cut off when its page was closed, and goes on since this one was opened. */
export const cutOff = signal<CutOff | undefined>(undefined);

/** Milliseconds between two looks whether it still trains. */
const look = 2000;

/** Says that a run goes on by itself, with what stops it, for as long as it does. */
export function CutOffRun(): JSX.Element | null {
  const found = cutOff.value;
  return found === undefined ? null : <GoesOn key={found.run} found={found} />;
}

function GoesOn({ found }: { readonly found: CutOff }): JSX.Element {
  const { run, name, epoch, error } = found;
  const stopping = useSignal(false);
  const said = useSignal<string | undefined>(undefined);
  const failed = useSignal<string | undefined>(error);
  useEffect(() => {
    if (error !== undefined) return undefined;
    const timer = setInterval(() => {
      void isTraining(run).then((trains) => {
        if (!trains && !stopping.value) cutOff.value = undefined;
      });
    }, look);
    return () => {
      clearInterval(timer);
    };
  }, [run, error]);
  const stop = async (): Promise<void> => {
    stopping.value = true;
    try {
      await (await whenReady()).call('stop', [{ run }]);
      said.value = `${name} is stopped; it can go on from there in the room Train.`;
    } catch (thrown) {
      failed.value = messageOf(thrown);
    }
  };
  const was = `${name} was cut off in epoch ${epoch}, when its page was closed`;
  if (failed.value !== undefined) {
    return (
      <p role="alert">
        {was}, and does not go on: {failed.value}
      </p>
    );
  }
  return (
    <div class="cut-off">
      <p role="status">{said.value ?? `${was}. It goes on from its last checkpoint.`}</p>
      {said.value === undefined && (
        <button type="button" disabled={stopping.value} onClick={() => void stop()}>
          {stopping.value ? 'Stopping …' : `Stop ${name}`}
        </button>
      )}
      <a href={hrefOf('train')}>See it</a>
    </div>
  );
}

/** Whether this page trains a run; as long as nobody answers, it is taken to. */
async function isTraining(run: string): Promise<boolean> {
  try {
    const runs = await (await whenReady()).call('runs', []);
    return runs.some(({ id, training }) => id === run && training === 'here');
  } catch {
    return true;
  }
}
