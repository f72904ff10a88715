import { checkOptions, flag, record, text, texts, wholeFrom, type Kinds } from '../../base/options.ts';
import { CardinalError } from '../../base/errors.ts';
import type { Preprocessing } from '../../data/preprocessing.ts';
import { sizeOf } from '../../base/shape.ts';
import { formatShape, type Shape, type Value } from '../../graph/value.ts';
import { checkModule, type AnyModule } from '../../nn/module.ts';
import { trace, type Trace } from '../../nn/trace.ts';
import { findFolds, foldTensors, type Fold } from './fold.ts';
import { GraphBuilder } from './graph-builder.ts';
import type { OnnxPort } from './model.ts';
import { appendChains, chainsOf, fitsAnySize } from './network.ts';
import { appendPreprocessing, fitsGraph, type GraphPreprocessing } from './preprocess.ts';
import { graphInterpolations } from './resample.ts';

/** What the ONNX file contains. */
export interface OnnxExportOptions {
  /** [C, H, W] of the pictures that the network is made for. */
  readonly input: readonly [number, number, number];
  /** What the graph is called: the model's name. */
  readonly name: string;
  /**
   * Multiply batch norms into the convolutions before them, in double precision, rounded once: a smaller and faster graph
   * with the names `….weight` and `….bias` of the convolutions. Default false: every parameter and running statistic.
   */
  readonly foldBatchNorm?: boolean;
  /** Put the preparation of pictures, bilinear or bicubic, into the graph, which then takes bytes of pictures of any size. */
  readonly preprocessing?: Preprocessing;
  /** Names of the K classes, kept in the metadata as a JSON array called `classes`. */
  readonly classes?: readonly string[];
  /** What else the file should record: model, options, licence, origin. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Version of the program that exports. */
  readonly producerVersion?: string;
}

const side = wholeFrom(1);
const exportKinds: Kinds<OnnxExportOptions> = {
  input: {
    expected: 'the shape of a picture C×H×W such as [3, 224, 224]',
    is: (value) => Array.isArray(value) && value.length === 3 && value.every((one) => side.is(one)),
  },
  name: text,
  foldBatchNorm: flag,
  preprocessing: record,
  classes: texts,
  metadata: record,
  producerVersion: text,
};

/** Protobuf's limit for one message, in bytes: 2 GiB − 1. */
const mostBytes = 2 ** 31 - 1;

/**
 * The bytes of an ONNX file (opset 17, IR 8: ONNX Runtime 1.12 and newer) that computes what the network does in
 * evaluation mode.
 *
 * Input `input` N×C×H×W (float) and output `logits` N×K (float), for any N; other outputs of a network have the names that it gives them. H and W are free where the network works on
 * any size (its last pooling is over the whole picture), else as given. With `preprocessing` the input is `image`
 * N×H×W×C instead: bytes of N pictures of any one size, RGB or grey as the network has it, resized and cropped exactly as
 * `preprocess` does it. Tensors have PyTorch's parameter names, nodes their modules' paths (`/layer1/0/conv2/Conv`).
 *
 * Throws a `CardinalError` if the input does not suit the network or the preprocessing, if that resizes by another filter
 * than bilinear or bicubic, if the number of classes is another than the network's, or if the file would be larger than
 * 2 GiB.
 */
export async function exportOnnx(
  model: AnyModule,
  options: OnnxExportOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  checkModule('exportOnnx', 'the network', model);
  checkOptions('exportOnnx', options, exportKinds, ['input', 'name']);
  const { input, name, foldBatchNorm = false, preprocessing, classes } = options;
  const traced = trace(model, [1, ...input], { training: false });
  const prepared = preprocessing === undefined ? undefined : checkPreprocessing(name, input, preprocessing);
  if (classes !== undefined) checkClasses(name, traced.output.shape, classes);
  const folds = foldBatchNorm ? findFolds(traced) : [];
  checkSize(name, traced, folds);

  const builder = new GraphBuilder();
  const start = prepared === undefined ? 'input' : appendPreprocessing(builder, 'image', prepared);
  const numbers = weightsOf(model);
  for (const fold of folds) {
    for (const [key, { shape, data }] of foldTensors(fold, numbers)) {
      if (data instanceof Float32Array) builder.tensor(key, shape, data);
    }
  }
  const tensor = ({ name: key, shape }: Value) =>
    builder.has(key) ? key : builder.tensor(key, shape, numbers(key));
  appendChains(builder, chainsOf(traced, folds), traced, start, tensor);

  // Only an export needs protobuf.
  const { encodeModel } = await import('./encode.ts');
  return encodeModel({
    name,
    producerVersion: options.producerVersion,
    nodes: builder.nodes,
    initializers: builder.initializers,
    ...portsOf(model, traced, preprocessing),
    metadata: {
      ...options.metadata,
      ...(classes === undefined ? {} : { classes: JSON.stringify(classes) }),
      ...(preprocessing === undefined ? {} : { preprocessing: JSON.stringify(preprocessing) }),
    },
  });
}

function portsOf(
  model: AnyModule,
  traced: Trace,
  preprocessing: Preprocessing | undefined,
): { readonly inputs: readonly OnnxPort[]; readonly outputs: readonly OnnxPort[] } {
  const [, c, ...size] = traced.input.shape;
  const free = preprocessing === undefined && fitsAnySize(model, traced);
  const input: OnnxPort =
    preprocessing === undefined
      ? {
          name: 'input',
          type: 'float',
          dims: ['N', c, ...(free ? ['H', 'W'] : size)],
          description: 'pictures, normalised',
        }
      : {
          name: 'image',
          type: 'uint8',
          dims: ['N', 'H', 'W', c],
          description: `pictures of one size, ${c === 1 ? 'grey' : 'RGB'}, a byte for each channel`,
        };
  const [, k, ...rest] = traced.output.shape;
  // A network that ends with a picture has one as large as its input says.
  const last = free ? rest.map((_, axis) => ['P', 'Q'][axis]) : rest;
  const { name } = traced.output;
  const others = (traced.outputs ?? []).slice(1).map(({ name: called, shape }): OnnxPort => {
    const dims = [
      'N',
      ...shape.slice(1).map((size, axis) => (free && axis > 0 ? `${called}_${axis + 1}` : size)),
    ];
    return { name: called, type: 'float', dims, description: `the network's ${called}` };
  });
  if (others.some((one) => one.name === input.name)) {
    throw new CardinalError(
      `exportOnnx: the input of the file is called ${input.name}, and so is an output of the network: give that another name`,
    );
  }
  return {
    inputs: [input],
    outputs: [
      { name, type: 'float', dims: ['N', k, ...last], description: 'scores of the classes' },
      ...others,
    ],
  };
}

/** The network's numbers by name. */
function weightsOf(model: AnyModule): (name: string) => Float32Array {
  const state = model.stateDict();
  return (name) => {
    const data = state.get(name)?.data;
    if (data instanceof Float32Array) return data;
    throw new Error(`${name}: expected a tensor of floats in the state dict`);
  };
}

function checkPreprocessing(
  name: string,
  [c, h, w]: OnnxExportOptions['input'],
  preprocessing: Preprocessing,
): GraphPreprocessing {
  const { channels, size, interpolation } = preprocessing;
  if (c !== channels || h !== size[0] || w !== size[1]) {
    throw new CardinalError(
      `${name}: expected a preprocessing that makes pictures of ${formatShape([c, h, w])}, got one for ${formatShape([channels, ...size])}; export with that input`,
    );
  }
  if (!fitsGraph(preprocessing)) {
    throw new CardinalError(
      `${name}: expected pictures to be resized by ${graphInterpolations.join(' or ')}, got '${interpolation}', which no graph repeats to the byte; export without preprocessing`,
    );
  }
  return preprocessing;
}

function checkClasses(name: string, output: Shape, classes: readonly string[]): void {
  if (output[1] === classes.length) return;
  throw new CardinalError(
    `${name}: expected ${output[1]} names of classes, one for each output, got ${classes.length}`,
  );
}

/** From shapes alone, before any number is drawn or copied. What is not a weight is far below a hundredth of a limit. */
function checkSize(name: string, { graph }: Trace, folds: readonly Fold[]): void {
  const stored = graph.values.filter(({ role }) => role === 'parameter' || role === 'buffer');
  const biases = folds.reduce((sum, { conv }) => sum + conv.outputs[0].shape[1], 0);
  const bytes = 4 * (biases + stored.reduce((sum, { shape }) => sum + sizeOf(shape), 0));
  if (bytes <= mostBytes) return;
  const gibibytes = (bytes / 2 ** 30).toFixed(2);
  throw new CardinalError(
    `${name}: expected at most 2 GiB, the limit of an ONNX file, got weights of ${gibibytes} GiB; keep them in safetensors`,
  );
}
