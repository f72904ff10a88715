/** What runs in a bare realm of JavaScript: every part of the core once. Says what came of it. */
import { compile, computeGradients, createModel, nn, writeWeights } from 'cardinal-nn';
import { createReferenceBackend, planTraining } from 'cardinal-nn/backends';
import { countModel } from 'cardinal-nn/cost';
import { imagenetPreprocessing, preprocess, type BatchLoader } from 'cardinal-nn/data';
import { fit, networkOf, parseCheckpoint, recipeSchema } from 'cardinal-nn/train';
import {
  bytesSource,
  exportOnnx,
  openArchive,
  readSafetensors,
  readTensors,
  unwrap,
  writeSafetensors,
} from 'cardinal-nn/weights';

const classes = 2;
const input = [1, 8, 8] as const;

export async function main(pytorchFile: Uint8Array): Promise<unknown> {
  const backend = createReferenceBackend();
  const tiny = { layers: [1], cardinality: 2, baseWidth: 16, planes: 4, numClasses: classes, inChannels: 1 };
  const model = createModel('resnext_cifar', tiny).initialize(1);
  const listing = String(nn.summary(model, { inputSize: [1, ...input] }));
  const compiled = await compile(model, { input: [1, ...input], backend });
  const logits = await compiled.forward(new Float32Array(64).fill(0.5));
  await compiled.dispose();
  const { loss } = await computeGradients(model, {
    backend,
    input: { shape: [2, ...input], data: Float32Array.from({ length: 128 }, (_, i) => (i % 7) / 7) },
    target: [0, 1],
  });

  let checkpoint = new Uint8Array();
  const steps: number[] = [];
  await fit({
    network: networkOf(model, input, { name: 'tiny', options: {} }),
    backend,
    data: { train: loader() },
    recipe: recipeSchema.parse({
      ...{ name: 'tiny', epochs: 1, batchSize: 2 },
      optimizer: { kind: 'adamw', learningRate: 0.01 },
      schedule: { kind: 'constant' },
    }),
    store: {
      save: (kind, bytes) => {
        if (kind === 'last') checkpoint = bytes.slice();
        return Promise.resolve(kind);
      },
    },
    onEvent: (event) => {
      if (event.type === 'step') steps.push(event.loss);
    },
  });
  const { progress } = (await parseCheckpoint(checkpoint, 'memory')).training ?? {};

  const plan = planTraining(nn.trace(model, [2, ...input], { training: true }), backend, {
    name: 'tiny',
    optimizer: { kind: 'sgd', momentum: false, nesterov: false },
  });
  const program = await backend.load(plan);
  await writeWeights(program, model.stateDict());
  await backend.dispose();

  const written = await writeSafetensors(model.stateDict());
  const { tensors } = await readSafetensors(written);
  const onnx = await exportOnnx(model, { input, name: 'tiny' });
  const archive = await openArchive(bytesSource(pytorchFile, 'state.pth'));
  const pytorch = await readTensors(unwrap(archive).tensors);
  const pixels = { width: 8, height: 8, channels: 3, data: new Uint8Array(192) } as const;
  return {
    rows: listing.split('\n').length > 5,
    logits: logits.data.length,
    loss: Number.isFinite(loss),
    steps: steps.length,
    step: progress?.step,
    tensors: tensors.size === model.stateDict().size,
    onnx: onnx.length > 100,
    pytorch: pytorch.size,
    parameters: countModel('resnet18').params,
    preprocessed: preprocess(pixels, { ...imagenetPreprocessing, size: [8, 8], resize: null }).length,
  };
}

/** Two batches of two. */
function loader(): BatchLoader {
  const targets = Float32Array.of(1, 0, 0, 1);
  return {
    dataset: {
      ...{ name: 'stripes', classes: ['dark', 'bright'], length: 4 },
      label: (index) => index % classes,
      id: (index) => `stripes#${index}`,
    },
    ...{ batchSize: 2, batchesPerEpoch: 2, skipped: [] },
    dispose: () => Promise.resolve(),
    async *epoch(_, startBatch = 0) {
      for (let batch = startBatch; batch < 2; batch++) {
        yield await Promise.resolve({
          ...{ size: 2, target: targets, labels: Int32Array.of(0, 1), indices: Uint32Array.of(0, 1) },
          input: Float32Array.from({ length: 128 }, (__, i) => (i < 64 ? 0 : 1) + batch / 4),
        });
      }
    },
  };
}
