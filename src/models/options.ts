import { described } from '../base/described.ts';
import { UsageError } from '../base/errors.ts';
import { checkKind, flag, isPlain, oneOf, texts, type Kind } from '../base/options.ts';
import { nearest } from '../base/nearest.ts';
import { partKinds, type PartOptions } from './part-options.ts';

/** The block of the ResNeXt paper's Figure 3: (a) separate paths, (b) early concatenation, (c) a grouped convolution. See `forms.ts`. */
export type Form = 'a' | 'b' | 'c';

/**
 * How a block's input reaches its output, by the letters of He et al. 2015, "Deep residual learning", section 4.1, and of
 * the ResNeXt paper: A without parameters (every stride-th pixel, zeros for new channels), B a projection where the
 * shape changes, C projections everywhere, and none at all (the ResNeXt paper's ablation, section 5.1).
 */
export type Shortcut = 'A' | 'B' | 'C' | 'none';

/** What may be set on a model of the registry; each model accepts some of these. */
export interface ModelOptions extends PartOptions {
  /** Blocks per stage (`[3, 4, 6, 3]`), or the depth the paper names (50; 29 for CIFAR). */
  readonly layers?: number | readonly number[];
  /** The block of a ResNet: two 3×3, or a 3×3 between two 1×1. */
  readonly block?: 'basic' | 'bottleneck';
  /** C: the number of groups of the 3×3 convolutions. */
  readonly cardinality?: number;
  /** d: the width of each group in the first stage, at 64 planes. */
  readonly baseWidth?: number;
  /** Groups of one channel in all 3×3 convolutions: the limit of cardinality, whose number is then the inner width. */
  readonly depthwise?: boolean;
  /** α: every number of channels is so many times the paper's. */
  readonly widthMultiplier?: number;
  /** Every stage has so many times the paper's blocks, rounded up. */
  readonly depthMultiplier?: number;
  /** Planes of the first stage, a quarter of its bottlenecks' output. The stem has as many channels. */
  readonly planes?: number;
  readonly numClasses?: number;
  /** 3 for colour, 1 for grey. */
  readonly inChannels?: number;
  /** How ResNeXt's blocks are built: (a), (b) or (c) of the paper's Figure 3. All compute the same, (c) fastest. */
  readonly form?: Form;
  readonly shortcut?: Shortcut;
  /** False leaves out every shortcut, as in the ResNeXt paper's ablation (section 5.1); `shortcut` then has no effect. */
  readonly residual?: boolean;
  readonly zeroInitResidual?: boolean;
  readonly dropout?: number;
}

export type OptionName = keyof ModelOptions;

/** More than any network has; a slip of the finger would otherwise be traced for hours. */
const mostBlocks = 1000;
const mostLayers = 10_000;
const mostChannels = 2 ** 20;

const count = wholeWithin(1, mostChannels);
const isCountOfLayers = wholeWithin(1, mostLayers);
const isCountOfBlocks = wholeWithin(1, mostBlocks);

const multiplier: Kind = {
  expected: 'a number above 0 and at most 64',
  is: (value) => typeof value === 'number' && value > 0 && value <= 64,
};

const kinds: Readonly<Record<OptionName, Kind>> = {
  ...partKinds,
  layers: {
    expected: `a depth such as 50 or blocks per stage such as 3,4,6,3 (at most ${mostBlocks} each)`,
    is: (value) => isCountOfLayers.is(value) || isBlocks(value),
  },
  block: oneOf('basic', 'bottleneck'),
  cardinality: count,
  baseWidth: count,
  depthwise: flag,
  widthMultiplier: multiplier,
  depthMultiplier: multiplier,
  planes: count,
  numClasses: count,
  inChannels: count,
  form: { ...oneOf('a', 'b', 'c'), expected: "a, b or c, as in the ResNeXt paper's Figure 3" },
  shortcut: { ...oneOf('A', 'B', 'C', 'none'), expected: 'A, B, C or none' },
  residual: flag,
  zeroInitResidual: flag,
  dropout: {
    expected: 'a number of at least 0 and below 1',
    is: (value) => typeof value === 'number' && value >= 0 && value < 1,
  },
};

function wholeWithin(least: number, most: number): Kind {
  return {
    expected: `a whole number from ${least} to ${most}`,
    is: (value) => Number.isInteger(value) && Number(value) >= least && Number(value) <= most,
  };
}

function isBlocks(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length >= 1 &&
    value.length <= 8 &&
    value.every((count) => isCountOfBlocks.is(count))
  );
}

/**
 * Checks options from outside against those that `model` accepts. Throws a `UsageError` that names the option and what was
 * expected; `elsewhere` says where a known option can be set that this model does not have.
 */
export function checkModelOptions(
  model: string,
  given: ModelOptions | Readonly<Record<string, unknown>>,
  accepts: readonly OptionName[],
  elsewhere: (option: OptionName) => string,
): ModelOptions {
  if (!isPlain(given)) {
    throw new UsageError(
      `${model}: expected options by name, { cardinality: 8, … }, got ${described(given)}`,
    );
  }
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    if (!isOption(name)) {
      throw new UsageError(
        `${model}: unknown option ${name}; did you mean ${nearest(name, accepts, 1).join()}? It has ${accepts.join(', ')}`,
      );
    }
    if (!accepts.includes(name)) {
      throw new UsageError(`${model}: ${elsewhere(name)}. Options here: ${accepts.join(', ')}`);
    }
    checkKind(model, name, value, kinds[name]);
  }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** What a model of the library takes for these options when it is made by its class. */
export function kindsOf<N extends OptionName>(...names: readonly N[]): Readonly<Record<N, Kind>> {
  return Object.fromEntries(names.map((name) => [name, kinds[name]])) as Record<N, Kind>;
}

/** Blocks of each stage. */
export const blocks: Kind = {
  expected: `blocks per stage such as [3, 4, 6, 3] (at most ${mostBlocks} each)`,
  is: isBlocks,
};

/** How many paths of their own (forms a and b) a network may have in all its blocks. */
const mostPaths = 100_000;

/** Throws a `UsageError` for checked options, defaults included, that together make a network of more modules than any is made of. */
export function requireBuildable(
  model: string,
  { form = 'c', cardinality = 1, layers = 1 }: ModelOptions,
): void {
  const blocks = typeof layers === 'number' ? layers : layers.reduce((sum, count) => sum + count, 0);
  if (form === 'c' || blocks * cardinality <= mostPaths) return;
  throw new UsageError(
    `${model}: form ${form} has ${cardinality} paths in each of ${blocks} blocks, at most ${mostPaths} in all can be built: use form c, which computes the same`,
  );
}

/** `['cardinality=8', 'layers=3,4,6,3']` → `{ cardinality: 8, layers: [3, 4, 6, 3] }`, for `--set key=value`. */
export function parseSet(settings: readonly string[]): Record<string, unknown> {
  checkKind('parseSet', 'the settings', settings, texts);
  const parsed: Record<string, unknown> = {};
  for (const setting of settings) {
    const at = setting.indexOf('=');
    const name = setting.slice(0, at);
    const text = setting.slice(at + 1);
    if (at < 1 || text === '') {
      throw new UsageError(
        `\`options\`: expected key=value, for example cardinality=8, got ${JSON.stringify(setting)}`,
      );
    }
    if (name in parsed) throw new UsageError(`\`options\`: ${name} is given twice`);
    parsed[name] = parseValue(text);
  }
  return parsed;
}

function parseValue(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true';
  const numbers = text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
  if (numbers.some(Number.isNaN)) return text;
  return numbers.length === 1 ? numbers[0] : numbers;
}

function isOption(name: string): name is OptionName {
  return Object.hasOwn(kinds, name);
}
