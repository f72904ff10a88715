/** Calls as plain JavaScript makes them, which the types would refuse, and what the error says: name, call, message. */
import * as backends from '../../src/backends/index.ts';
import * as cost from '../../src/cost/index.ts';
import * as data from '../../src/data/index.ts';
import * as library from '../../src/index.ts';
import * as node from '../../src/node/index.ts';
import * as train from '../../src/train/index.ts';
import * as weights from '../../src/weights/index.ts';
import { createNodeBackend } from '../../src/node/backend.ts';
import { loadClassifier } from '../../src/node/classifier.ts';
import { checkPictures } from '../../src/node/data/check.ts';
import { loadPicture, readPicture } from '../../src/node/data/decode.ts';
import { receivePicture } from '../../src/data/picture-input.ts';
import { pictureLimits } from '../../src/data/picture-limits.ts';
import { openData } from '../../src/node/data/open.ts';
import { recordOf } from '../../src/node/data/record-pictures.ts';
import { channelStatistics } from '../../src/node/data/channel-statistics.ts';
import { trainOn } from '../../src/node/training/train-on.ts';
import { exportHtml } from '../../src/node/html.ts';
import { loadTrained } from '../../src/node/trained.ts';
import { createLoader } from '../../src/node/data/loader.ts';
import { verify } from '../../src/node/verify/verify.ts';
import { saveTemperature } from '../../src/node/temperature.ts';
import { loadWeights, saveWeights } from '../../src/node/weights.ts';

const cardinal = { ...library, ...backends, ...cost, ...data, ...train, ...weights };
const { nn, F, createModel, countModel, modelInfo, listModels, compile, computeGradients } = cardinal;
const { init } = nn;
const backend = cardinal.createReferenceBackend();
const conv = () => new nn.Conv2d(3, 6, 3);

/** Traces a network whose forward is `body`, with the layers of `parts` as attributes. */
function traced(body, parts = {}) {
  class Net extends nn.Module {
    constructor() {
      super();
      Object.assign(this, parts);
    }
  }
  Net.prototype.forward = body;
  return nn.trace(new Net(), [1, 3, 8, 8], { training: false });
}

const dataset = (changes = {}, source = {}) =>
  cardinal.pictureDataset({
    ...{ name: 'x', classes: ['a', 'b'], labels: Int32Array.of(0, 1), id: (index) => `#${index}` },
    source: {
      ...{ kind: 'memory', bytes: new Uint8Array(24), width: 2, height: 2, channels: 3 },
      ...{ layout: 'interleaved', recordBytes: 12, pixelOffset: 0, rows: Uint32Array.of(0, 1), ...source },
    },
    ...changes,
  });
/** Its memory is another's now. */
function givenAway(array) {
  array.buffer.transfer();
  return array;
}

const prepared = { ...cardinal.imagenetPreprocessing, size: [2, 2], resize: null };
const pixels = (changes) => ({ width: 2, height: 2, channels: 3, data: new Uint8Array(12), ...changes });

export const calls = [
  [
    'preprocess of four channels',
    () => cardinal.preprocess(pixels({ channels: 4, data: new Uint8Array(16) }), prepared),
    /channels: expected 1 \(grey\) or 3 \(RGB\), got 4; drop the alpha/,
  ],
  [
    'preprocess of too few bytes',
    () => cardinal.preprocess(pixels({ data: new Uint8Array(3) }), prepared),
    /expected 2×2×3 = 12 bytes, got 3/,
  ],
  [
    'preprocess of a negative size',
    () => cardinal.preprocess(pixels({ width: -2 }), prepared),
    /^the raw pixels: width: /,
  ],
  [
    'preprocess of a size beyond whole numbers',
    () => cardinal.preprocess(pixels({ width: 2 ** 53 }), prepared),
    /^the raw pixels: width: /,
  ],
  [
    'preprocess of floats',
    () => cardinal.preprocess(pixels({ data: new Float32Array(12) }), prepared),
    /expected a Uint8Array of rows/,
  ],
  [
    'preprocess without a preprocessing',
    () => cardinal.preprocess(pixels({})),
    /^preprocess: the preprocessing: /,
  ],
  ['fitPicture of a number', () => cardinal.fitPicture(7, prepared), /expected raw pixels/],
  ['pictureDataset of nothing', () => cardinal.pictureDataset(), /^pictureDataset: expected \{ name \}/],
  [
    'pictureDataset, a label that is no class',
    () => dataset({ labels: Int32Array.of(0, 2) }),
    /expected labels from 0 to 1, got 2$/,
  ],
  [
    'pictureDataset, labels in an array',
    () => dataset({ labels: [0, 1] }),
    /labels to be an Int32Array, got \[0, 1\]$/,
  ],
  [
    'pictureDataset, targets of fewer pictures',
    () => dataset({ targets: { task: 'numbers', values: new Float32Array(3) } }),
    /^pictureDataset: expected targets to be \{ task: 'labels' or 'numbers', values \}, a Float32Array of 4 numbers, got /,
  ],
  [
    'pictureDataset, fewer pictures',
    () => dataset({}, { rows: Uint32Array.of(0) }),
    /expected 2 pictures, one for each label, got 1$/,
  ],
  [
    'pictureDataset, negative sizes',
    () => dataset({}, { height: -2 }),
    /expected height to be a whole number of at least 1, got -2$/,
  ],
  [
    'pictureDataset, too short data',
    () => dataset({}, { bytes: new Uint8Array(23) }),
    /expected rows below 1, the records there are, got 1$/,
  ],
  [
    'pictureDataset, too short records',
    () => dataset({}, { recordBytes: 11 }),
    /records of at least 12 bytes .* got 11$/,
  ],
  [
    'subset beyond its pictures',
    () => cardinal.subset(dataset(), Uint32Array.of(2), 'x'),
    /^subset: expected the indices .* below 2/,
  ],
  [
    'splitByClass of nothing',
    () => cardinal.splitByClass(undefined, 0.5, 0),
    /^splitByClass: expected the pictures to be a dataset/,
  ],
  [
    'splitByClass, percent',
    () => cardinal.splitByClass(dataset(), 10, 0),
    /^splitByClass: expected the share to be .* got 10$/,
  ],
  [
    'balancedSubset of text',
    () => cardinal.balancedSubset(dataset(), '1', 0),
    /^balancedSubset: expected the count/,
  ],
  ['patience of NaN', () => cardinal.patience(NaN), /^patience: expected the epochs .* got NaN$/],
  ['patience of a fraction', () => cardinal.patience(1.5), /^patience: /],
  [
    'topGuesses of an array',
    () => cardinal.topGuesses([1, 2], 1),
    /^topGuesses: the logits: expected a Float32Array/,
  ],
  [
    'topGuesses of numbers that were given away',
    () => cardinal.topGuesses(givenAway(new Float32Array(3)), 1),
    /expected a Float32Array, got a Float32Array whose memory was given away \(transferred\)$/,
  ],
  [
    'calibrate of arrays',
    () => cardinal.calibrate([1, 2], [0]),
    /^calibrate: the numbers of pictures by class: expected a Float32Array/,
  ],
  [
    'reliabilityOf without labels',
    () => cardinal.reliabilityOf(Float32Array.of(1, 2)),
    /^reliabilityOf: expected the labels to be an Int32Array/,
  ],
  [
    'reliabilityOf at a temperature of 0',
    () => cardinal.reliabilityOf(Float32Array.of(1, 2), Int32Array.of(0), { temperature: 0 }),
    /^reliabilityOf: expected temperature to be a number above 0, got 0$/,
  ],
  [
    'findMislabels of logits',
    () => cardinal.findMislabels(Float32Array.of(3, 1), Int32Array.of(0)),
    /^findMislabels: expected probabilities from 0 to 1/,
  ],
  [
    'probabilitiesOf without the number of classes',
    () => cardinal.probabilitiesOf(Float32Array.of(3, 1)),
    /^probabilitiesOf: expected \{ classes \}/,
  ],
  ['topGuesses, none', () => cardinal.topGuesses(Float32Array.of(1), 0), /^topGuesses: expected the count/],
  [
    'learningRateAt of nothing',
    () => cardinal.learningRateAt(undefined, 1, {}),
    /^learningRateAt: expected the schedule/,
  ],
  ['findRecipe of a number', () => cardinal.findRecipe(3), /^findRecipe: expected its name/],
  [
    'separableRatio of a negative number',
    () => cardinal.separableRatio(-1, 3),
    /^separableRatio: expected outChannels .* got -1$/,
  ],
  [
    'countSeparable of nothing',
    () => cardinal.countSeparable(),
    /^countSeparable: expected \{ inChannels \}/,
  ],
  [
    'bottleneckParameters of NaN',
    () => cardinal.bottleneckParameters(NaN, 4),
    /^bottleneckParameters: expected the cardinality/,
  ],
  [
    'Conv2d as in PyTorch',
    () => new nn.Conv2d(3, 6, 3, 1, 1),
    /^Conv2d: expected options by name, \{ stride, padding, dilation, … \}, got 1$/,
  ],
  [
    'Conv2d without a kernel',
    () => new nn.Conv2d(3, 6),
    /^Conv2d: expected kernelSize .*\[vertical, horizontal\], got undefined/,
  ],
  ['Conv2d of text', () => new nn.Conv2d('3', 6, 3), /^Conv2d: expected inChannels .* got '3'/],
  ['Conv2d with three sizes', () => new nn.Conv2d(3, 6, [3, 3, 3]), /kernelSize .* got \[3, 3, 3\]/],
  [
    'Conv2d, a word misspelt',
    () => new nn.Conv2d(3, 6, 3, { pading: 1 }),
    /unknown option pading; did you mean padding\? it has stride, padding, /,
  ],
  [
    'Conv2d, padding by another word',
    () => new nn.Conv2d(3, 6, 3, { padding: 'full' }),
    /padding .* got 'full'/,
  ],
  [
    'Conv2d, a bias of another type',
    () => new nn.Conv2d(3, 6, 3, { bias: 0 }),
    /expected bias to be true or false, got 0/,
  ],
  ['Conv2d, no options', () => new nn.Conv2d(3, 6, 3, null), /got null/],
  ['DepthwiseConv2d', () => new nn.DepthwiseConv2d(8, 3, 1), /^DepthwiseConv2d: expected options/],
  [
    'DepthwiseConv2d without channels',
    () => new nn.DepthwiseConv2d(),
    /^DepthwiseConv2d: expected inChannels/,
  ],
  [
    'PointwiseConv2d',
    () => new nn.PointwiseConv2d(8, 8, { padding: 1 }),
    /^PointwiseConv2d: unknown option padding/,
  ],
  ['SeparableConv2d', () => new nn.SeparableConv2d(8, 8, 3, 2), /^SeparableConv2d: expected options/],
  ['Linear', () => new nn.Linear(8, 4, false), /^Linear: expected options by name, \{ bias \}, got false/],
  ['BatchNorm2d', () => new nn.BatchNorm2d(8, 1e-5), /^BatchNorm2d: expected options/],
  [
    'BatchNorm2d, PyTorch’s name',
    () => new nn.BatchNorm2d(8, { affine: false }),
    /unknown option affine; it has eps, momentum/,
  ],
  ['LayerNorm', () => new nn.LayerNorm(8, 1e-6), /^LayerNorm: expected options by name, \{ eps \}/],
  ['LayerNorm of a picture', () => new nn.LayerNorm([8, 4, 4]), /^LayerNorm: expected one dimension/],
  ['LayerNorm2d', () => new nn.LayerNorm2d('8'), /^LayerNorm2d: expected numChannels .* got '8'/],
  ['GroupNorm', () => new nn.GroupNorm(3, 8), /^GroupNorm: expected numGroups that divide 8 channels/],
  ['GlobalResponseNorm', () => new nn.GlobalResponseNorm(), /^GlobalResponseNorm: expected numChannels/],
  [
    'BlurPool2d, timm’s name',
    () => new nn.BlurPool2d(8, { filt_size: 3 }),
    /^BlurPool2d: unknown option filt_size/,
  ],
  ['Upsample', () => new nn.Upsample(2), /^Upsample: expected options by name/],
  ['Upsample without a size', () => new nn.Upsample({}), /^Upsample: expected either size or scaleFactor/],
  [
    'ConvTranspose2d',
    () => new nn.ConvTranspose2d(4, 6, 3, { groups: 4 }),
    /^ConvTranspose2d: expected groups .* got 4/,
  ],
  ['ReLU', () => new nn.ReLU(true), /^ReLU: expected options/],
  ['Hardsigmoid', () => new nn.Hardsigmoid(true), /^Hardsigmoid: expected options/],
  ['SiLU', () => new nn.SiLU(true), /^SiLU: expected options/],
  ['Hardswish', () => new nn.Hardswish({ inPlace: true }), /unknown option inPlace; did you mean inplace/],
  ['GELU', () => new nn.GELU({ approximate: 'erf' }), /^GELU: .*approximate.*none.*tanh/],
  [
    'LeakyReLU',
    () => new nn.LeakyReLU('0.1'),
    /^LeakyReLU: expected negativeSlope to be a finite number, got '0.1'/,
  ],
  [
    'LeakyReLU of options',
    () => new nn.LeakyReLU({ negativeSlope: 0.1 }),
    /^LeakyReLU: expected negativeSlope/,
  ],
  [
    'leakyRelu',
    () => traced((x) => F.leakyRelu(x, NaN)),
    /leakyRelu: expected negativeSlope to be a finite number/,
  ],
  ['gelu', () => traced((x) => F.gelu(x, 'tanh')), /gelu: expected options/],
  ['ReLU6', () => new nn.ReLU6(true), /^ReLU6: expected options/],
  ['Dropout', () => new nn.Dropout({ p: 0.5 }), /^Dropout: expected p .* got \{ p \}/],
  [
    'Flatten of other dimensions',
    () => new nn.Flatten(1, 2),
    /^Flatten: expected endDim -1, the last, got 2/,
  ],
  [
    'MaxPool2d',
    () => new nn.MaxPool2d(3, 2),
    /^MaxPool2d: expected options by name, \{ stride, padding, ceilMode \}, got 2/,
  ],
  ['MaxPool2d without a kernel', () => new nn.MaxPool2d(), /^MaxPool2d: expected kernelSize/],
  ['AvgPool2d', () => new nn.AvgPool2d(3, 2), /^AvgPool2d: expected options/],
  [
    'AvgPool2d, PyTorch’s name',
    () => new nn.AvgPool2d(3, { count_include_pad: true }),
    /did you mean countIncludePad/,
  ],
  ['AdaptiveAvgPool2d', () => new nn.AdaptiveAvgPool2d(), /^AdaptiveAvgPool2d: expected outputSize/],
  [
    'AdaptiveMaxPool2d',
    () => new nn.AdaptiveMaxPool2d('7'),
    /^AdaptiveMaxPool2d: expected outputSize .* got '7'/,
  ],
  [
    'Sequential of a Map',
    () => new nn.Sequential(new Map([['conv', conv()]])),
    /^Sequential: expected modules, an array of them, or an object of them by name, got a Map/,
  ],
  [
    'a module that holds what holds it',
    () => {
      const child = conv();
      const parent = new nn.Sequential({ child });
      child.parent = parent;
      return nn.summary(parent, { inputSize: [1, 3, 8, 8] });
    },
    /^Sequential: child\.parent: a module cannot be below itself; keep .* #parent/,
  ],
  [
    'Sequential of a class',
    () => new nn.Sequential(conv(), nn.ReLU),
    /^Sequential: expected child '1' to be a module.* got a class \(is a new missing\?\)/,
  ],
  ['Sequential with a hole', () => new nn.Sequential([conv(), undefined]), /child '1' .* got undefined/],
  ['Sequential of a function', () => new nn.Sequential({ act: F.relu }), /child 'act' .* got a function/],
  ['Sequential of lists', () => new nn.Sequential([conv()], [conv()]), /child '0' .* got an array of 1/],
  [
    'ModuleList of one module',
    () => new nn.ModuleList(conv()),
    /^ModuleList: expected an array of modules, got a function/,
  ],
  ['ModuleList of numbers', () => new nn.ModuleList([1]), /^ModuleList: expected child '0'/],
  ['Parameter', () => new nn.Parameter(3), /^Parameter: expected its shape .* got 3/],
  [
    'Parameter without an initializer',
    () => new nn.Parameter([3]),
    /^Parameter: expected its initializer to be a function/,
  ],
  ['ModuleBuffer', () => new nn.ModuleBuffer(new Float32Array(3)), /^ModuleBuffer: .* got a Float32Array/],
  ['a layer called on numbers', () => conv()(new Float32Array(3)), /called outside a trace/],

  ['kaimingNormal_ of a layer', () => init.kaimingNormal_(conv()), /^kaimingNormal_: expected a Parameter/],
  [
    'kaimingUniform_, another mode',
    () => init.kaimingUniform_(conv().weight, { mode: 'fan' }),
    /mode to be 'fan_in' or 'fan_out', got 'fan'/,
  ],
  ['constant_', () => init.constant_(conv().bias, '1'), /^constant_: expected the value .* got '1'/],
  ['normal_', () => init.normal_(conv().weight, 0, NaN), /^normal_: expected std/],

  [
    'summary without options',
    () => nn.summary(conv()),
    /^summary: expected \{ inputSize \}, a shape .*, got no options/,
  ],
  [
    'summary of a name',
    () => nn.summary('resnet18', { inputSize: [1, 3, 8, 8] }),
    /got 'resnet18': createModel\('resnet18'\) makes one/,
  ],
  [
    'summary of a picture alone',
    () => nn.summary(conv(), { inputSize: [3] }),
    /^Conv2d: expected an input shape N×C×H×W, the batch first, got \[3\]/,
  ],
  [
    'summary of text',
    () => nn.summary(conv(), { inputSize: '1,3,8,8' }),
    /^summary: expected inputSize to be N×C×H×W.* got '1,3,8,8'/,
  ],
  ['costTree without options', () => cardinal.costTree(conv()), /^costTree: expected \{ inputSize \}/],
  ['costTree of a name', () => cardinal.costTree('resnet18', { inputSize: [1, 3, 8, 8] }), /got 'resnet18'/],
  ['familyOf a number', () => cardinal.familyOf(18), /^familyOf: expected the name of a network .* got 18/],
  [
    'planTimeline of a network',
    () => cardinal.planTimeline(conv(), backend),
    /^planTimeline: expected the plan to be what planInference or planTraining gives/,
  ],
  ['costSummary without options', () => nn.costSummary(conv()), /^costSummary: expected \{ inputSize \}/],
  [
    'trace without a shape',
    () => nn.trace(conv(), undefined, { training: true }),
    /expected the input shape .* got undefined/,
  ],
  [
    'trace without options',
    () => nn.trace(conv(), [1, 3, 8, 8]),
    /^trace: expected \{ training \}, true or false, got no options/,
  ],
  [
    'freeze of one path',
    () => nn.freeze(conv(), 'weight'),
    /^freeze: expected the patterns to be an array of texts, got 'weight'/,
  ],
  ['freeze of nothing', () => nn.freeze(undefined, []), /^freeze: expected the network to be a module/],
  [
    'loadStateDict of an object',
    () => conv().loadStateDict({ weight: 1 }),
    /expected a state dict, a Map of tensors by name, got \{ weight \}/,
  ],
  [
    'loadStateDict of arrays',
    () => conv().loadStateDict(new Map([['weight', new Float32Array(162)]])),
    /expected tensors .* got a Float32Array for 'weight'/,
  ],
  ['loadStateDict of null', () => conv().loadStateDict(new Map([['weight', null]])), /got null for 'weight'/],
  ['initialize', () => conv().initialize('7'), /^initialize: expected the seed/],

  [
    'a forward of two inputs',
    () => traced((a, b) => F.add(a, b)),
    /^Net: the network: its forward takes 2 inputs, but a network gets one, its pictures$/,
  ],
  [
    'a part of two inputs called with one',
    () =>
      traced(
        function (x) {
          return this.part(x);
        },
        { part: partOfTwo() },
      ),
    /^Net: part: its forward takes 2 inputs, but it was called with 1$/,
  ],
  ['several outputs', () => traced((x) => [x, 'aux']), /be a value, .* got 'aux' as output1$/],
  ['outputs by name', () => traced((x) => ({ logits: x, aux: 7 })), /be a value, .* got 7 as aux$/],
  ['no output', () => traced(() => undefined), /got undefined: is a return missing\?$/],
  [
    'an output to wait for',
    () => traced((x) => Promise.resolve(x)),
    /got a promise \(is an await missing\?\)$/,
  ],
  [
    'a part that gives nothing',
    () =>
      traced(
        function (x) {
          return this.part(x);
        },
        {
          part: new (class extends nn.Module {
            forward() {
              return undefined;
            }
          })(),
        },
      ),
    /^Net: part: expected its forward to give one value/,
  ],
  [
    'numbers among values',
    () => traced((x) => F.cat([x, 2])),
    /^Net: cat: expected input 2 to be a value of the network that is traced.* got 2$/,
  ],
  [
    'values added by +',
    () => traced((x) => F.relu(`${String(x)}${String(x)}`)),
    /^Net: relu: expected its input .* got '\[object Object\]/,
  ],
  [
    'a value of another trace',
    () => {
      let kept;
      traced((x) => F.relu((kept ??= x)));
      return traced((x) => F.add(x, kept));
    },
    /add: expected input 2/,
  ],
  ['cat of two arguments', () => traced((x) => F.cat(x, x)), /cat: expected an array of values/],
  ['cat along the batch', () => traced((x) => F.cat([x, x], 0)), /cat: expected dim 1, channels, got 0/],
  ['maxPool2d', () => traced((x) => F.maxPool2d(x, 3, 2)), /maxPool2d: expected options by name/],
  ['avgPool2d', () => traced((x) => F.avgPool2d(x)), /avgPool2d: expected kernelSize/],
  [
    'adaptiveAvgPool2d',
    () => traced(() => F.adaptiveAvgPool2d(undefined, 1)),
    /adaptiveAvgPool2d: expected its input/,
  ],
  ['flatten', () => traced((x) => F.flatten(x, 1, 2)), /flatten: expected endDim/],
  ['mul', () => traced((x) => F.mul(x, NaN)), /mul: expected the factor/],
  ['mul by text', () => traced((x) => F.mul(x, '2')), /mul: expected input 2 to be a value .* got '2'/],
  [
    'mul of shapes that do not broadcast',
    () => traced((x) => F.mul(x, F.maxPool2d(x, 2))),
    /mul: expected shapes that broadcast, whose sizes are equal or 1, got 1×3×8×8 and 1×3×4×4/,
  ],
  [
    'mul by a vector that is no number for each channel',
    () => traced((x) => F.mul(x, F.reshape(F.mean(x, [0, 1, 2]), [8]))),
    /mul: expected a vector of 3 numbers, .* got 8; one for each column has the shape 1×1×1×8/,
  ],
  [
    'mul by a parameter of nobody',
    () => traced((x) => F.mul(x, new nn.Parameter([3], () => new Float32Array(3)))),
    /uses a parameter that belongs to no attribute of the network/,
  ],
  ['add of Infinity', () => traced((x) => F.add(x, Infinity)), /add: expected the number to be a finite/],
  ['div by 0', () => traced((x) => F.div(x, 0)), /div: expected 1\/the number to be a finite number/],
  ['reshape to a number', () => traced((x) => F.reshape(x, 192)), /reshape: expected a shape of whole/],
  ['reshape to two unknowns', () => traced((x) => F.reshape(x, [-1, -1])), /of which one may be −1/],
  [
    'reshape to more',
    () => traced((x) => F.reshape(x, [-1, 5])),
    /reshape: expected a shape of 192 elements, as 1×3×8×8 has, got -1×5/,
  ],
  ['permute of some', () => traced((x) => F.permute(x, [0, 1])), /permute: expected each of the 4 axes/],
  ['mean over twice', () => traced((x) => F.mean(x, [1, -3])), /mean: expected each axis once/],
  ['sum over none', () => traced((x) => F.sum(x)), /sum: expected dims to be an array of axes/],
  [
    'ownLoss of nothing',
    () => library.ownLoss(),
    /^ownLoss: expected the loss to be a function, got undefined$/,
  ],
  [
    'log of a number',
    () => traced(() => F.log(3)),
    /log: expected its input to be a value of the network .*; got 3/,
  ],
  ['softmax over nothing', () => traced((x) => F.softmax(x)), /softmax: expected dim to be one of the 4/],
  [
    'split of another dim',
    () => traced((x) => F.split(x, 1, 2)[0]),
    /split: expected N×C×H×W or N×F, and dim 1/,
  ],
  [
    'split into too few',
    () => traced((x) => F.split(x, [1, 1])[0]),
    /split: expected sizes that add up to 3, as 1×3×8×8 has in dim 1, got 2/,
  ],
  ['chunk', () => traced((x) => F.chunk(x, 0)[0]), /chunk: expected chunks/],
  ['channelShuffle', () => traced((x) => F.channelShuffle(x, 2)), /expected groups that divide 3 channels/],
  ['matmul', () => traced((x) => F.matmul(x, F.maxPool2d(x, 2))), /matmul: expected matrices …×M×L/],
  ['bmm', () => traced((x) => F.bmm(x, x)), /bmm: expected a batch of matrices B×M×L, got 1×3×8×8/],
  ['DropPath', () => new nn.DropPath(1), /DropPath: expected p of at least 0 and below 1, got 1/],
  ['ChannelShuffle', () => new nn.ChannelShuffle(), /ChannelShuffle: expected groups/],
  [
    'add with a number for options',
    () => traced((x) => F.add(x, x, 2)),
    /add: expected options by name, \{ alpha \}, got 2/,
  ],

  ['createModel without a name', () => createModel(), /its name .* got undefined/],
  ['createModel with a number', () => createModel('resnet18', 10), /^resnet18: expected options by name/],
  [
    'createModel with null',
    () => createModel('resnet18', null),
    /^resnet18: expected options by name.* got null/,
  ],
  [
    'createModel with a BigInt',
    () => createModel('resnet18', { numClasses: 10n }),
    /expected numClasses .* got 10/,
  ],
  ['modelInfo', () => modelInfo({ name: 'resnet18' }), /got \{ name \}/],
  ['listModels', () => listModels(/resnet/), /the pattern .* got a RegExp/],
  ['countModel of a module alone', () => countModel(conv()), /^countModel: expected the shape of a picture/],
  [
    'countModel, options for the shape',
    () => countModel('resnet18', { inChannels: 1 }),
    /^countModel: expected the shape of a picture .* got \{ inChannels \}/,
  ],
  ['countModel of nothing', () => countModel(null, [3, 8, 8]), /^countModel: expected the network/],
  ['createLoader of nothing', () => createLoader(), /^createLoader: expected the pictures to be a dataset/],
  [
    'planInference of a module',
    () => cardinal.planInference(conv(), backend, {}),
    /expected the network to be traced/,
  ],
  [
    'planInference for a device that does not say how it aligns buffers',
    () =>
      cardinal.planInference(
        nn.trace(conv(), [1, 3, 8, 8], { training: false }),
        { ...backend, alignment: undefined },
        { name: 'x' },
      ),
    /^planInference: expected the device to be a backend, or what planning asks of one \(alignment, .*workOf\), got \{/,
  ],
  [
    'planTraining for no device',
    () => cardinal.planTraining(nn.trace(conv(), [1, 3, 8, 8], { training: true }), undefined, { name: 'x' }),
    /^planTraining: expected the device to be a backend, .*, got undefined$/,
  ],
  [
    'planTraining without an optimiser',
    () => cardinal.planTraining(nn.trace(conv(), [1, 3, 8, 8], { training: true }), backend, { name: 'x' }),
    /^planTraining: expected \{ optimizer \}/,
  ],
  [
    'planTraining, an optimiser as recipes have it',
    () =>
      cardinal.planTraining(nn.trace(conv(), [1, 3, 8, 8], { training: true }), backend, {
        name: 'x',
        optimizer: { kind: 'sgd', momentum: 0.9 },
      }),
    /^planTraining: expected optimizer to be .* momentum and nesterov true or false/,
  ],
];

function partOfTwo() {
  return new (class extends nn.Module {
    forward(a, b) {
      return cardinal.F.add(a, b);
    }
  })();
}

const input = { shape: [1, 3, 8, 8], data: new Float32Array(192) };
const net = () => new cardinal.nn.Sequential(new cardinal.nn.Flatten(), new cardinal.nn.Linear(192, 2));
export const promises = [
  [
    'readSafetensors of bytes that were given away',
    () => cardinal.readSafetensors(givenAway(new Uint8Array(8))),
    /^readSafetensors: expected the file .* got a Uint8Array whose memory was given away \(transferred\)$/,
  ],
  [
    'classifying bytes that were given away',
    () => receivePicture(givenAway(new Uint8Array(8)).buffer, pictureLimits({})),
    /^cannot read the picture: got an ArrayBuffer whose memory was given away \(transferred\)$/,
  ],
  [
    'reading a buffer by its number',
    async () => {
      const traced = nn.trace(new nn.ReLU(), [1, 1, 1, 3], { training: false });
      const program = await backend.load(cardinal.planInference(traced, backend, { name: 'x' }));
      return program.read(['logits', 5]);
    },
    /^plan "x": expected the name of a buffer to be a text that is not empty, got 5$/,
  ],
  ['writeWeights of nothing', () => cardinal.writeWeights(), /^writeWeights: expected the program/],
  ['fit of nothing', () => cardinal.fit(), /^train: expected the options/],
  ['fit without a network', () => cardinal.fit({ backend }), /^train: expected network .* got undefined$/],
  [
    'readPicture beyond its pictures',
    () => readPicture(dataset(), 2),
    /^readPicture: expected the index to be a whole number below 2, got 2$/,
  ],
  ['readPicture of nothing', () => readPicture(), /^readPicture: expected the pictures/],
  [
    'checkPictures of a path',
    () => checkPictures('photos'),
    /^checkPictures: expected the pictures .* got 'photos'$/,
  ],
  ['channelStatistics of nothing', () => channelStatistics(), /^channelStatistics: expected the pictures/],
  ['recordOf a path', () => recordOf('photos'), /^recordOf: expected the data/],
  ['exportOnnx of nothing', () => cardinal.exportOnnx(), /^exportOnnx: expected the network to be a module/],
  [
    'exportOnnx without options',
    () => cardinal.exportOnnx(net()),
    /^exportOnnx: expected \{ input \}, the shape of a picture .* got no options/,
  ],
  ['evaluate of nothing', () => cardinal.evaluate(), /^evaluate: expected the program to be a program/],
  [
    'readSafetensors of text',
    () => cardinal.readSafetensors('x'),
    /^readSafetensors: expected the file to be bytes/,
  ],
  [
    'readSafetensors with null',
    () => cardinal.readSafetensors(new Uint8Array(8), 'x', null),
    /^readSafetensors: expected options by name, \{ verify \}, got null/,
  ],
  ['verify of nothing', () => verify(), /^verify: expected the path to be a text/],
  [
    'openArchive with an option of another',
    () => cardinal.openArchive(cardinal.bytesSource(new Uint8Array(8), 'x'), { strict: true }),
    /^openArchive: unknown option strict/,
  ],
  [
    'openArchive of a path',
    () => cardinal.openArchive('x.pth'),
    /^openArchive: expected the file .* got 'x.pth'/,
  ],
  [
    'saveTemperature of a text',
    () => saveTemperature('w.safetensors', '2'),
    /^saveTemperature: expected the temperature to be a number above 0, got/,
  ],
  [
    'saveWeights the other way round',
    () => saveWeights('w.safetensors', net()),
    /^saveWeights: expected the network to be a module/,
  ],
  [
    'compile without options',
    () => compile(net()),
    /^compile: expected \{ input \}, a shape .*, got no options/,
  ],
  [
    'compile without a backend',
    () => compile(net(), { input: [1, 3, 8, 8] }),
    /^compile: expected \{ backend \}/,
  ],
  [
    'compile before its backend is there',
    () => compile(net(), { input: [1, 3, 8, 8], backend: createNodeBackend() }),
    /expected backend .* got a promise \(is an await missing\?\)/,
  ],
  [
    'compile of a name',
    () => compile('resnet18', { input: [1, 3, 8, 8], backend }),
    /^compile: expected the network .* createModel/,
  ],
  [
    'compile by other names',
    () => compile(net(), { inputSize: [1, 3, 8, 8], backend }),
    /^compile: unknown option inputSize; it has input, backend, foldBatchNorm|did you mean input/,
  ],
  [
    'activations without layers',
    () => cardinal.activations(net(), { backend, input }),
    /^activations: expected \{ layers \}/,
  ],
  [
    'activations of a layer that is not there',
    () => cardinal.activations(net(), { backend, input, layers: ['conv9'] }),
    /^activations: expected a layer by its module's path, .* got 'conv9'; the nearest: /,
  ],
  [
    'activations of bare numbers',
    () => cardinal.activations(net(), { backend, input: new Float32Array(192), layers: ['0'] }),
    /^activations: expected input to be pictures \{ shape, data \}/,
  ],
  [
    'pathContributions without a backend',
    () => cardinal.pathContributions(net(), { input }),
    /^pathContributions: expected \{ backend \}/,
  ],
  [
    'pathContributions of two pictures',
    () =>
      cardinal.pathContributions(net(), {
        backend,
        input: { shape: [2, 3, 8, 8], data: new Float32Array(384) },
      }),
    /^pathContributions: expected the input's shape to be one picture 1×C×H×W, got \[2, 3, 8, 8\]$/,
  ],
  [
    'gradientNorms without a target',
    () => cardinal.gradientNorms(net(), { backend, input }),
    /^gradientNorms: expected \{ target \}/,
  ],
  [
    'gradientNorms of a name',
    () => cardinal.gradientNorms('resnet18', { backend, input, target: [0] }),
    /^gradientNorms: expected the network .* createModel/,
  ],
  [
    'computeGradients without a target',
    () => computeGradients(net(), { backend, input }),
    /^computeGradients: expected \{ target \}/,
  ],
  [
    'computeGradients of bare numbers',
    () => computeGradients(net(), { backend, input: input.data, target: [0] }),
    /^computeGradients: expected input to be pictures \{ shape, data \}, got a Float32Array/,
  ],
  [
    'computeGradients of other numbers',
    () => computeGradients(net(), { backend, input: { ...input, data: [1] }, target: [0] }),
    /data to be a Float32Array of 192 numbers, got \[1\]/,
  ],
  [
    'computeGradients of a loss by its name alone',
    () => computeGradients(net(), { backend, input, target: [0], loss: 'mse' }),
    /^computeGradients: expected loss to be a loss \{ kind: .* \}, or what ownLoss gives, got 'mse'$/,
  ],
  [
    'computeGradients with one target',
    () => computeGradients(net(), { backend, input, target: 0 }),
    /expected target to be an array of classes/,
  ],
  [
    'trainOn a name',
    () => trainOn('photos', 'resnet18'),
    /^trainOn: expected the network .* got 'resnet18': \{ name: 'resnet18' \} is one/,
  ],
  ['trainOn a class', () => trainOn('photos', cardinal.nn.ReLU), /got a class \(is a new missing\?\)/],
  ['trainOn nothing', () => trainOn(undefined, net()), /^trainOn: expected the data .* got undefined/],
  [
    'trainOn, an option misspelt',
    () => trainOn('photos', net(), { epoch: 5 }),
    /^trainOn: unknown option epoch; did you mean epochs\?/,
  ],
  [
    'trainOn, PyTorch’s names',
    () => trainOn('photos', net(), { batch_size: 5 }),
    /unknown option batch_size; did you mean batchSize\?/,
  ],
  [
    'trainOn, a loss that is none',
    () => trainOn('data/fashion-mnist-sample', net(), { loss: 5 }),
    /^`loss`: expected 'cross-entropy', 'bce', 'mse' or 'focal', .* got 5$/,
  ],
  ['trainOn with a number', () => trainOn('photos', net(), 5), /^trainOn: expected options by name/],
  [
    'trainOn with text for a function',
    () => trainOn('photos', net(), { onEvent: 'log' }),
    /expected onEvent to be a function, got 'log'/,
  ],
  ['createBackend with a number', () => createNodeBackend(2), /^createBackend: expected options by name/],
  ['loadClassifier of nothing', () => loadClassifier(), /^weights: expected the path .* got undefined$/],
  [
    'loadClassifier, options null',
    () => loadClassifier('w.pth', null),
    /^loadClassifier: expected options by name, .* got null$/,
  ],
  [
    'loadClassifier, an option misspelt',
    () => loadClassifier('w.pth', { modle: 'resnet18' }),
    /^loadClassifier: unknown option modle; did you mean model\?/,
  ],
  [
    'loadClassifier with a backend that is not there yet',
    () => loadClassifier('w.pth', { backend: createNodeBackend() }),
    /expected backend .* got a promise/,
  ],
  [
    'loadClassifier with an address',
    () => loadClassifier(new URL('https://example.org/w.pth')),
    /^https:\/\/example\.org\/w\.pth is an address, expected a file: download it/,
  ],
  [
    'loadTrained, channels as text',
    () => loadTrained('w.pth', { inChannels: '1' }),
    /^loadTrained: expected inChannels to be a whole number/,
  ],
  [
    'exportHtml, a title that is none',
    () => exportHtml('w.safetensors', { title: 7 }),
    /^exportHtml: expected title to be a text that is not empty, got 7/,
  ],
  [
    'loadWeights into a name',
    () => loadWeights('resnet18', 'w.pth'),
    /^loadWeights: expected the network .* got 'resnet18'$/,
  ],
  [
    'loadWeights, another word',
    () => loadWeights(net(), 'w.pth', { head: 'drop' }),
    /^loadWeights: expected head to be 'keep' or 'reset', got 'drop'$/,
  ],
  ['ownData of nothing', () => cardinal.ownData(), /^ownData: expected \{ classes \}/],
  [
    'ownData, a class that is none',
    () => cardinal.ownData({ classes: ['a'], test: [{ picture: pixels({}), label: 1 }] }),
    /^ownData: test\[0\]: expected its label to be a whole number below 1, .* got 1$/,
  ],
  [
    'ownData, labels as text of numbers',
    () => cardinal.ownData({ classes: ['a'], test: [{ picture: pixels({}), label: '0' }] }),
    /got '0'$/,
  ],
  [
    'ownData, a stream that was begun',
    () => cardinal.ownData({ classes: ['a'], train: { length: 3, stream: [] } }),
    /^ownData: train: expected \{ length, stream \}, .* stream: \[\] \}$/,
  ],
  [
    'ownData, a promise',
    () => cardinal.ownData({ classes: ['a'], train: Promise.resolve([]) }),
    /got a promise \(is an await missing\?\)$/,
  ],
  [
    'trainOn, an augmentation that is an object',
    () => trainOn('photos', net(), { augment: { flip: 0.5 } }),
    /^trainOn: expected augment to be 'none' or .*, or a function, got \{ flip \}$/,
  ],
  [
    'openData of a URL',
    () => openData(new URL('file:///photos')),
    /^openData: expected the data to be the path of a folder, got a URL$/,
  ],
  [
    'openData, labels that are a number',
    () => openData('test', { labels: 5 }),
    /^openData: expected labels to be the path of a CSV or JSON file, or labels by picture, got 5$/,
  ],
  [
    'openData, a limit in words',
    () => openData('photos', { maxPixels: '200M' }),
    /^openData: expected maxPixels to be a whole number of at least 1, got '200M'$/,
  ],
  [
    'trainOn, no limit by infinity',
    () => trainOn('photos', net(), { maxPixels: Infinity }),
    /^trainOn: expected maxPixels to be a whole number of at least 1, got Infinity$/,
  ],
  [
    'loadClassifier, no time',
    () => loadClassifier('w.pth', { decodeSeconds: 0 }),
    /^loadClassifier: expected decodeSeconds to be a whole number of seconds from 1 to 3600, got 0$/,
  ],
  [
    'loadPicture, a word misspelt',
    () => loadPicture('a.png', { maxPixel: 5 }),
    /^loadPicture: unknown option maxPixel; did you mean maxPixels\?/,
  ],
  [
    'openData, PyTorch’s names',
    () => openData('photos', { val_fraction: 0.2 }),
    /^openData: unknown option val_fraction; did you mean valFraction\?/,
  ],
];

/** Everything that can be called, by its name, and whether it is made with `new`. */
export const callables = Object.entries({
  ...cardinal,
  ...node,
  ...Object.fromEntries(
    [nn, init, F].flatMap((part) => Object.entries(part).map(([name, value]) => [`${name} `, value])),
  ),
})
  .filter(([, value]) => typeof value === 'function')
  .map(([name, value]) => [
    name,
    Function.prototype.toString.call(value).startsWith('class') ? (...args) => new value(...args) : value,
  ]);

/** What a caller may have in hand by mistake. */
export const mistakes = [
  [],
  ...[null, NaN, 'x', {}, [], [null], new Map([['a', null]]), () => 3, new Float32Array(3)].flatMap(
    (first) => [[first], [first, null], [first, {}]],
  ),
  [undefined, null],
];
