import * as z from 'zod/mini';
import type { CallContext, Handlers } from '../../base/channel/service.ts';
import { CardinalError } from '../../base/errors.ts';
import { augmentationNames } from '../../data/augmentation-names.ts';
import { pictureOf } from '../pictures.ts';
import type { StudioPlatform } from '../platform.ts';
import { argument, id, pictureRef, whole } from '../schemas.ts';
import type { PictureAnswer, RunState, TrainCalls, WatchCallbacks } from './service.ts';

const ofRun = z.strictObject({ run: id });
const toResume = z.strictObject({ run: id, epochs: z.optional(whole(1, 1_000_000)) });
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
  return {
    runs: () => runs.list(),
    train: (args) => runs.start(argument('train', request, args)),
    goOn: async (_, { signal, tell }) => {
      await runs.goOn?.((run) => {
        tell('cutOff', run);
      }, signal);
    },
    resume: (args) => {
      const { run, epochs } = argument('resume', toResume, args);
      return runs.resume(run, epochs);
    },
    stop: (args) => runs.stop(argument('stop', ofRun, args).run),
    metrics: async (args) => (await runs.metrics(argument('metrics', ofRun, args).run, 0)).records,
    watch: (args, context) => watch(platform, argument('watch', ofRun, args).run, context),
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

async function watch(
  { runs }: Pick<StudioPlatform, 'runs'>,
  run: string,
  { signal, ask, tell }: CallContext<WatchCallbacks>,
): Promise<void> {
  let cursor = 0;
  let before: string | undefined;
  while (!signal.aborted) {
    const part = await runs.metrics(run, cursor);
    cursor = part.cursor;
    // The next are read when the page has taken these in.
    if (part.records.length > 0 || part.again) await ask('records', part.records, part.again);
    const state = await stateOf(runs, run);
    const now = JSON.stringify(state);
    if (now !== before) tell('state', state);
    before = now;
    await runs.changed(run, signal);
  }
}

async function stateOf(runs: StudioPlatform['runs'], run: string): Promise<RunState> {
  const found = (await runs.list()).find(({ id }) => id === run);
  if (found === undefined) throw new CardinalError(`the run ${run} is not there any more`);
  return found;
}
