import { computed, signal } from '@preact/signals';
import { calibrate, findMislabels, probabilitiesOf, reliabilityOf, type Mislabels } from 'cardinal-nn';
import type { Judged, SplitName } from 'cardinal-nn/studio';
import { whenReady } from '../engine/engine.ts';
import { confusionOf, rowsOf, type Order, type Row } from './statistics.ts';

/** What was judged: by which weights, on which pictures. */
export interface Asked {
  readonly weights: string;
  readonly data: string;
  readonly split: SplitName;
}

export const judged = signal<{ readonly asked: Asked; readonly found: Judged } | undefined>(undefined);
/** Pictures that were classified, while they are. */
export const progress = signal<readonly [done: number, total: number] | undefined>(undefined);
export const message = signal<{ readonly text: string; readonly isError: boolean } | undefined>(undefined);
/** What logits are divided by on the page. */
export const temperature = signal(1);
/** The cell of the matrix whose pictures are shown: true class, predicted class. Without one those that are wrong. */
export const cell = signal<readonly [label: number, predicted: number] | undefined>(undefined);
export const order = signal<Order>('sure');

export const rows = computed(() =>
  judged.value === undefined ? [] : rowsOf(judged.value.found, temperature.value),
);
export const confusion = computed(() =>
  judged.value === undefined ? [] : confusionOf(rows.value, judged.value.found.classes.length),
);
export const shown = computed((): readonly Row[] => {
  const [label, predicted] = cell.value ?? [];
  return rows.value.filter((row) =>
    label === undefined ? row.label !== row.predicted : row.label === label && row.predicted === predicted,
  );
});
export const reliability = computed(
  () =>
    judged.value &&
    reliabilityOf(judged.value.found.logits, judged.value.found.labels, { temperature: temperature.value }),
);
export const mislabels = computed((): Mislabels | undefined => {
  if (judged.value === undefined) return undefined;
  const { logits, labels, classes } = judged.value.found;
  return findMislabels(
    probabilitiesOf(logits, { classes: classes.length, temperature: temperature.value }),
    labels,
  );
});

let running: AbortController | undefined;

/** Classifies the pictures; what ran before ends. */
export async function start(asked: Asked): Promise<void> {
  running?.abort();
  const own = (running = new AbortController());
  message.value = undefined;
  progress.value = [0, 1];
  try {
    const engine = await whenReady();
    const found = await engine.call('judge', [asked], {
      signal: own.signal,
      on: {
        progress: (done, total) => {
          if (running === own) progress.value = [done, total];
        },
      },
    });
    if (running !== own) return;
    if (found.labels.length === 0) {
      const [first] = found.skipped;
      throw new Error(`None of these pictures could be read, the first ${first.name}: ${first.reason}`);
    }
    temperature.value = found.temperature;
    cell.value = undefined;
    judged.value = { asked, found };
  } catch (error) {
    if (running === own && !own.signal.aborted) say(error);
  } finally {
    if (running === own) progress.value = undefined;
  }
}

export function stop(): void {
  running?.abort();
  progress.value = undefined;
}

/** Sets the temperature with the smallest loss on these pictures. */
export function findTemperature(): void {
  if (judged.value === undefined) return;
  const { logits, labels } = judged.value.found;
  try {
    temperature.value = calibrate(logits, labels).temperature;
    message.value = undefined;
  } catch (error) {
    say(error);
  }
}

/** Writes the page's temperature into the checkpoint. */
export async function keepTemperature(): Promise<void> {
  if (judged.value === undefined) return;
  const { weights } = judged.value.asked;
  try {
    const engine = await whenReady();
    const file = await engine.call('saveTemperature', [{ weights, temperature: temperature.value }]);
    message.value = {
      text: `Saved in ${file}. What classifies by it says these probabilities from now on.`,
      isError: false,
    };
  } catch (error) {
    say(error);
  }
}

function say(error: unknown): void {
  message.value = { text: error instanceof Error ? error.message : String(error), isError: true };
}
