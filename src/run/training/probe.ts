import type { Backend } from '../../backends/backend.ts';
import { withEnding, withEndings } from '../../base/endings.ts';
import { UsageError } from '../../base/errors.ts';
import type { StateDict } from '../../base/tensor-data.ts';
import { createLoader } from '../../data/loader.ts';
import type { PictureDataset } from '../../data/source.ts';
import { headOf } from '../../nn/head.ts';
import { Flatten, Linear, Sequential } from '../../nn/index.ts';
import { buildCheckpoint, parseCheckpoint } from '../../train/checkpoint.ts';
import { patience } from '../../train/early-stopping.ts';
import { evaluationBatch, trainingPictures } from '../../train/loaders.ts';
import { standardizedBy } from '../../train/in-units.ts';
import { networkOf } from '../../train/network.ts';
import { recipeSchema, type Recipe } from '../../train/recipe.ts';
import type { CheckpointStore } from '../../train/store.ts';
import { fit } from '../../train/train.ts';
import { featuresOf, prepareFeatures } from '../../use/explain/all-features.ts';
import { pictureListFile } from '../pictures/picture-list.ts';
import type { OpenBackend, RunPlatform } from '../platform.ts';
import { prepareToBegin } from './begin.ts';
import { isMade } from './engine.ts';
import { RunLog } from './events.ts';
import { featureLoader, type CachedFeatures } from './feature-loader.ts';
import { finish } from './finish.ts';
import type { RunOptions, RunRequest } from './options.ts';
import { RunPlace } from './place.ts';
import type { PreparedRun } from './prepared.ts';
import type { RunOutcome } from './run.ts';

/** For a linear layer alone, of which an epoch takes a moment. */
const probeRecipe = recipeSchema.parse({
  name: 'probe',
  epochs: 50,
  batchSize: 32,
  optimizer: { kind: 'adamw', learningRate: 0.002, weightDecay: 0.01 },
  schedule: { kind: 'cosine', per: 'step' },
});

/** Told how many embeddings are computed. */
export type OnFeatures = (done: number, of: number) => void;

/**
 * A linear probe: computes the embedding of every picture once, trains a new classifier on them, and makes an ordinary run of it, whose
 * `best.safetensors` is the whole network. Pictures are not augmented, and nothing but the classifier changes. There is no
 * `last.safetensors`: a probe is done again sooner than continued.
 *
 * Throws as `trainRun` does, and a `UsageError` without weights.
 */
export async function trainProbe(
  request: RunRequest,
  onFeatures: OnFeatures,
  platform: RunPlatform,
): Promise<RunOutcome> {
  if (request.options.weights === undefined) {
    throw new UsageError('`probe` is for `weights`: a network without them has nothing to tell pictures by');
  }
  const options: RunOptions = {
    ...request.options,
    recipe: request.options.recipe ?? probeRecipe,
    head: 'reset',
    freeze: ['backbone'],
    augment: 'none',
  };
  const log = new RunLog(request.onEvent);
  return withEndings(async (endings) => {
    const place = new RunPlace({ onNotice: (message) => log.notice(message) }, platform);
    endings.add(() => place.end());
    try {
      const run = await prepareToBegin({ ...request, options }, log, undefined, platform);
      const { config, data } = run;
      const opened: OpenBackend = isMade(options.backend)
        ? { backend: options.backend, end: () => Promise.resolve() }
        : await platform.openBackend(run.engine);
      endings.add(() => opened.end());
      const { backend } = opened;
      await log.emit({ type: 'begun', config, data, backend });
      const path = await place.name(options.out, config);
      const features = await cacheFeatures(run, backend, onFeatures, platform);
      // Until now there is nothing that an interruption should keep.
      const signal = request.listen();
      const result = await fitHead(run, features, { backend, place, signal, log });
      const outcome = { result, config, data, module: run.module, path, backend, engine: run.engine };
      if (result.reason === 'not-finite') {
        place.fail();
        return { ...outcome, evaluation: undefined, withoutEvaluation: undefined, report: undefined };
      }
      const means = { backend, folder: place.folder, signal, isKept: path !== undefined };
      return { ...outcome, ...(await finish(run, result, means, options, log, platform)) };
    } catch (error) {
      place.fail();
      throw error;
    }
  });
}

interface ProbeFeatures {
  readonly train: CachedFeatures;
  readonly validation: CachedFeatures | undefined;
}

async function cacheFeatures(
  { config, data, module, network }: PreparedRun,
  backend: Backend,
  onFeatures: OnFeatures,
  platform: RunPlatform,
): Promise<ProbeFeatures> {
  const train = trainingPictures(data);
  const { preprocessing, strict } = config;
  const total = train.length + (data.val?.length ?? 0);
  let done = 0;
  const batchSize = evaluationBatch(64, train);
  const { name } = network.description;
  const prepared = await prepareFeatures(module, { name, input: network.input, batchSize }, backend);
  const cached = (dataset: PictureDataset): Promise<CachedFeatures> => {
    const loader = createLoader(
      dataset,
      { batchSize, preprocessing, strict, training: false },
      platform.loaders,
    );
    return withEnding(
      () => loader.dispose(),
      async () => {
        const [rows, indices]: [Float32Array[], number[]] = [[], []];
        for await (const part of featuresOf(prepared, loader)) {
          part.indices.forEach((index, row) => {
            indices.push(index);
            rows.push(part.features.subarray(row * prepared.width, (row + 1) * prepared.width));
          });
          onFeatures((done += part.indices.length), total);
        }
        return { dataset, rows, indices, skipped: loader.skipped };
      },
    );
  };
  return withEnding(
    () => prepared.program.dispose(),
    async () => ({ train: await cached(train), validation: data.val && (await cached(data.val)) }),
  );
}

/** The loss as it is for the classifier alone, whose layer is called otherwise. */
function lossOfHead({ loss }: Recipe): Recipe['loss'] {
  const standardized = standardizedBy(loss);
  return loss?.kind === 'mse' && standardized !== undefined
    ? { ...loss, standardized: { ...standardized, layer: '1' } }
    : loss;
}

/** Trains the classifier, writes each best one into the run's folder with the rest of its network, and gives the network the last of them. */
async function fitHead(
  run: PreparedRun,
  { train, validation }: ProbeFeatures,
  means: {
    readonly backend: Backend;
    readonly place: RunPlace;
    readonly signal: AbortSignal | undefined;
    readonly log: RunLog;
  },
): Promise<RunOutcome['result']> {
  const { config, module, network, pictures } = run;
  const { backend, place, signal, log } = means;
  const { recipe, seed, preprocessing, weights } = config;
  const names = headOf(module);
  const width = train.rows[0].length;
  const head = new Sequential(
    new Flatten(),
    new Linear(width, train.dataset.classes.length, { bias: names.length > 1 }),
  );
  head.initialize(seed);
  const batchSize = Math.min(recipe.batchSize, train.rows.length);
  let best: StateDict | undefined;
  const wholeOf = (state: StateDict): StateDict => {
    // `weight`, then `bias`, in both.
    const tensors = [...state.values()];
    const whole = new Map(module.stateDict());
    for (const [index, name] of names.entries()) whole.set(name, tensors[index]);
    return whole;
  };
  const store: CheckpointStore = {
    async save(kind, bytes) {
      if (kind !== 'best') return '';
      const checkpoint = { ...(await parseCheckpoint(bytes, 'the classifier')), recipe };
      best = wholeOf(checkpoint.state);
      if (place.folder === undefined) return '';
      const { description: model, input } = network;
      return place.save('best', await buildCheckpoint({ ...checkpoint, model, input, state: best }));
    },
  };
  const result = await fit({
    network: networkOf(head, [width, 1, 1], { name: 'probe', options: {} }),
    backend,
    data: {
      train: featureLoader(train, { batchSize, seed, training: true }),
      validation: validation && featureLoader(validation, { batchSize, seed, training: false }),
    },
    recipe: { ...recipe, batchSize, loss: lossOfHead(recipe) },
    ...{ seed, preprocessing, signal, store },
    pictures: [pictures.record, ...run.picturesBefore],
    conditions: pictures.conditions,
    origin: weights?.origin,
    licence: weights?.licence,
    stopWhen: config.patience === undefined ? undefined : patience(config.patience),
    onEvent: async (event) => {
      if (event.type === 'start') {
        const folder = await place.make();
        await folder?.writeConfig(config);
        if (pictures.list !== undefined) await folder?.write(pictureListFile, pictures.list);
      }
      if (event.type === 'checkpoint') return;
      await place.folder?.appendMetrics(event);
      await log.emit(event);
    },
  });
  const state = best ?? (result.state && wholeOf(result.state));
  if (state !== undefined) module.loadStateDict(state);
  return { ...result, state };
}
