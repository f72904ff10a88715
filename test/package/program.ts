/**
 * A program of a user's, which prints what it gets from the library: as it is, and bundled and minified. Nothing may differ but
 * what his own class is called. Arguments: where the run goes, and `begin` or `resume`.
 */
import { compile, createModel, F, listModels, modelInfo, nn, type Value } from 'cardinal-nn';
import { formatPlan, listPlan, planInference } from 'cardinal-nn/backends';
import { createBackend, openData, trainOn } from 'cardinal-nn/node';
import { exportOnnx, fittingModels } from 'cardinal-nn/weights';
import { createHash } from 'node:crypto';

const [, , out, mode] = process.argv;

class Residual extends nn.Module {
  readonly conv = new nn.Conv2d(4, 4, 3, { padding: 1 });

  forward(x: Value): Value {
    return F.add(x, this.conv(x));
  }
}

class Mine extends nn.Module {
  static override readonly typeName: string = 'Mine';

  readonly stem = new nn.Conv2d(1, 4, 3, { stride: 4 });
  readonly blocks = new nn.ModuleList([new Residual(), new Residual()]);
  readonly pool = new nn.AdaptiveAvgPool2d(1);
  readonly head = new nn.Linear(4, 10);

  forward(x: Value): Value {
    let y = F.relu(this.stem(x));
    for (const block of this.blocks) y = block(y);
    return this.head(F.flatten(this.pool(y)));
  }
}

const hash = (data: Uint8Array | string) => createHash('sha256').update(data).digest('hex').slice(0, 16);

const numbers = new Map<unknown, number>();
const seen = new Set<string>();

/** Whether no network before it was made of the same classes: their names are what a bundler changes. */
function hasOtherClasses(model: nn.Module): boolean {
  const classes = new Set<unknown>([...model.modules()].map((module) => module.constructor));
  for (const one of classes) numbers.set(one, numbers.get(one) ?? numbers.size);
  const key = [...classes]
    .map((one) => numbers.get(one) ?? 0)
    .sort((a, b) => a - b)
    .join();
  const isNew = !seen.has(key);
  seen.add(key);
  return isNew;
}

// The program that goes on is the same one: once is enough.
const networks = (mode === 'begin' ? listModels() : [])
  .map((name) => ({ name, model: createModel(name) }))
  .filter(({ model }) => hasOtherClasses(model))
  .map(({ name, model }) => {
    const inputSize = [2, ...modelInfo(name).inputShape];
    const listing = String(nn.summary(model, { inputSize }));
    const cost = JSON.stringify(nn.costSummary(model, { inputSize }));
    return [name, listing.split('\n').find((line) => line.includes('mult-adds')), hash(listing), hash(cost)];
  });

const small = createModel('resnet20_cifar');
const input = [1, 3, 32, 32] as const;
const onnx = await exportOnnx(small, { input: [3, 32, 32], name: 'small' });
const backend = await createBackend({ threads: 2, blas: false });
const compiled = await compile(small, { input, backend });
const { data } = await compiled.forward(Float32Array.from({ length: 3072 }, (_, i) => (i % 17) / 17));
await compiled.dispose();
const planned = planInference(nn.trace(small, input, { training: false }), backend, { name: 'small' });
const kernels = backend.kernelsOf(planned);
const plan = formatPlan(listPlan(planned, (node) => kernels.get(node) ?? []));

const folder = process.env['PICTURES'] ?? '';
const controller = new AbortController();
const trained = await trainOn(await openData(folder), new Mine().initialize(1), {
  ...(mode === 'resume' ? { resume: true } : { epochs: 1, batchSize: 500, seed: 7 }),
  out,
  backend,
  onEvent: (event) => {
    if (event.type === 'step' && event.step === 2 && mode === 'begin') controller.abort();
  },
  signal: controller.signal,
});
await backend.dispose();

console.log(
  JSON.stringify(
    {
      networks,
      mine: String(nn.summary(new Mine(), { inputSize: [1, 1, 28, 28] })).replace(
        /└─[\w$]+: (2-\d) +/g,
        '└─its own: $1 ',
      ),
      small: fittingModels(small.stateDict()).map(({ model }) => model),
      onnx: hash(onnx),
      plan: hash(plan),
      logits: hash(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
      tensors: [...trained.model.stateDict().keys()],
      trained: [...trained.model.stateDict().values()].map(({ data: numbers }) =>
        hash(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength)),
      ),
    },
    undefined,
    1,
  ),
);
