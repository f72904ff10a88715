import * as z from 'zod/mini';
import type { CallContext, Handlers } from '../../base/channel/service.ts';
import { CardinalError } from '../../base/errors.ts';
import { augmentationNames } from '../../data/augmentation-names.ts';
import type { MetricsRecord } from '../../run/folder/metrics-file.ts';
import { pictureOf } from '../pictures.ts';
import type { StudioPlatform } from '../platform.ts';
import { Recent } from '../recent.ts';
import { argument, id, pictureRef, whole } from '../schemas.ts';
import { KeptCurves } from './kept-curves.ts';
import type { MetricsCursor } from './platform.ts';
import type { PictureAnswer, RunState, TrainCalls, WatchCallbacks } from './service.ts';

const ofRun = z.strictObject({ run: id });
const toResume = z.strictObject({
  run: id,
  epochs: z.optional(whole(1, 1_000_000)),
  patience: z.optional(whole(1, 1_000_000)),
});
const text = z.string().check(z.minLength(1), z.maxLength(200));
const folderName = text.check(
  z.refine((name) => /^[\w][\w .-]*$/.test(name), {
    error: 'expected letters, digits, dashes and dots that do not begin with a dot',
  }),
);
const request = z.strictObject({
  data: id,
  model: z.strictObject({ name: text, options: z.optional(z.record(z.string(), z.unknown())) }),
  name: z.optional(folderName),
  recipe: z.optional(text),
  epochs: z.optional(whole(1, 1_000_000)),
  batchSize: z.optional(whole(1, 65_536)),
  learningRate: z.optional(z.number().check(z.positive())),
  augment: z.optional(z.enum(augmentationNames)),
  imageSize: z.optional(whole(8, 4096)),
  seed: z.optional(whole(0, Number.MAX_SAFE_INTEGER)),
  patience: z.optional(whole(1, 1_000_000)),
  weights: z.optional(id),
  head: z.optional(z.enum(['keep', 'reset'])),
  freeze: z.optional(z.array(text).check(z.maxLength(10_000))),
});
const toClassify = z.strictObject({
  weights: id,
  pictures: z.array(pictureRef).check(z.maxLength(1000)),
  topK: z.optional(whole(1, 1000)),
});

/** Answers of the room Train. */
export function trainHandlers(platform: StudioPlatform): Handlers<TrainCalls> {
  const { runs } = platform;
  const watching: Watching = {
    runs,
    curves: new KeptCurves(runs),
    // Whoever watches a dozen runs looks a dozen times at once.
    states: new Recent(() => runs.list(), stateMilliseconds),
  };
  return {
    runs: () => runs.list(),
    train: (args) => runs.start(argument('train', request, args)),
    goOn: async (_, { signal, tell }) => {
      await runs.goOn?.((run) => {
        tell('cutOff', run);
      }, signal);
    },
    resume: (args) => {
      const { run, epochs, patience } = argument('resume', toResume, args);
      return runs.resume(run, epochs, patience);
    },
    stop: (args) => runs.stop(argument('stop', ofRun, args).run),
    metrics: (args) => allMetrics(runs, argument('metrics', ofRun, args).run),
    watch: (args, context) => watch(watching, argument('watch', ofRun, args).run, context),
    classify: async (args, { signal }) => {
      const { weights, pictures, topK = 5 } = argument('classify', toClassify, args);
      const classifier = await platform.classifier(weights);
      const answers: PictureAnswer[] = [];
      for (const ref of pictures) {
        signal.throwIfAborted();
        try {
          answers.push({ top: await classifier.classify(await pictureOf(platform, ref), { topK }) });
        } catch (error) {
          if (!(error instanceof CardinalError)) throw error;
          answers.push({ error: error.message });
        }
      }
      return answers;
    },
  };
}

/** States of runs that are so old, in milliseconds, are told as they are now. */
const stateMilliseconds = 300;

interface Watching {
  readonly runs: StudioPlatform['runs'];
  readonly curves: KeptCurves;
  readonly states: Recent<readonly RunState[]>;
}

async function allMetrics(runs: StudioPlatform['runs'], run: string): Promise<readonly MetricsRecord[]> {
  const records: MetricsRecord[] = [];
  let cursor: MetricsCursor | undefined;
  for (let more = true; more;) {
    const part = await runs.metrics(run, cursor);
    if (part.again) records.length = 0;
    for (const record of part.records) records.push(record);
    ({ cursor, more } = part);
  }
  return records;
}

async function watch(
  { runs, curves, states }: Watching,
  run: string,
  { signal, ask, tell }: CallContext<WatchCallbacks>,
): Promise<void> {
  let toldVersion: number | undefined;
  let toldState: string | undefined;
  while (!signal.aborted) {
    // Before the curves: what a run that has ended wrote is there.
    const isIt = ({ id }: RunState): boolean => id === run;
    // One that has just begun is not among those that were there a moment ago.
    const state = (await states.get()).find(isIt) ?? (await runs.list()).find(isIt);
    if (state === undefined) throw new CardinalError(gone(run));
    const found = await curves.read(run);
    // The next are told when the page has taken these in.
    if (found.version !== toldVersion) await ask('curves', found.curves);
    toldVersion = found.version;
    const now = JSON.stringify(state);
    if (now !== toldState) tell('state', state);
    toldState = now;
    await runs.changed(run, signal);
  }
}

function gone(run: string): string {
  return `${run.slice(run.lastIndexOf('/') + 1)} is not there any more: its folder was deleted or moved`;
}
