import * as z from 'zod/mini';
import { described } from '../base/described.ts';
import { UsageError } from '../base/errors.ts';
import { checkKind, isPlain, texts, type Kind } from '../base/options.ts';
import { nearest } from '../base/nearest.ts';

/** The block of the ResNeXt paper's Figure 3: (a) separate paths, (b) early concatenation, (c) a grouped convolution. See `forms.ts`. */
export type Form = 'a' | 'b' | 'c';

/**
 * How a block's input reaches its output, by the letters of He et al. 2015, "Deep residual learning", section 4.1, and of
 * the ResNeXt paper: A without parameters (every stride-th pixel, zeros for new channels), B a projection where the
 * shape changes, C projections everywhere, and none at all (the ResNeXt paper's ablation, section 5.1).
 */
export type Shortcut = 'A' | 'B' | 'C' | 'none';

/** What may be set on a model of the registry; each model accepts some of these. */
export interface ModelOptions {
  /** Blocks per stage (`[3, 4, 6, 3]`), or the depth the paper names (50; 29 for CIFAR). */
  readonly layers?: number | readonly number[];
  /** C: the number of groups of the 3×3 convolutions. */
  readonly cardinality?: number;
  /** d: the width of each group in the first stage, at 64 planes. */
  readonly baseWidth?: number;
  /** Groups of one channel in all 3×3 convolutions: the limit of cardinality, whose number is then the inner width. */
  readonly depthwise?: boolean;
  /** α: every number of channels is so many times the paper's. */
  readonly widthMultiplier?: number;
  /** Channels of the stem, a quarter of the first stage's output. */
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

const count = z.int().check(z.minimum(1), z.maximum(mostChannels));
const expectedCount = `a whole number from 1 to ${mostChannels}`;

const schemas: Readonly<Record<OptionName, { readonly schema: z.ZodMiniType; readonly expected: string }>> = {
  layers: {
    schema: z.union([
      z.int().check(z.minimum(1), z.maximum(mostLayers)),
      z.array(z.int().check(z.minimum(1), z.maximum(mostBlocks))).check(z.minLength(1), z.maxLength(8)),
    ]),
    expected: `a depth such as 50 or blocks per stage such as 3,4,6,3 (at most ${mostBlocks} each)`,
  },
  cardinality: { schema: count, expected: expectedCount },
  baseWidth: { schema: count, expected: expectedCount },
  depthwise: { schema: z.boolean(), expected: 'true or false' },
  widthMultiplier: {
    schema: z.number().check(z.positive(), z.maximum(64)),
    expected: 'a number above 0 and at most 64',
  },
  planes: { schema: count, expected: expectedCount },
  numClasses: { schema: count, expected: expectedCount },
  inChannels: { schema: count, expected: expectedCount },
  form: { schema: z.enum(['a', 'b', 'c']), expected: "a, b or c, as in the ResNeXt paper's Figure 3" },
  shortcut: { schema: z.enum(['A', 'B', 'C', 'none']), expected: 'A, B, C or none' },
  residual: { schema: z.boolean(), expected: 'true or false' },
  zeroInitResidual: { schema: z.boolean(), expected: 'true or false' },
  dropout: {
    schema: z.number().check(z.minimum(0), z.lt(1)),
    expected: 'a number of at least 0 and below 1',
  },
};

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
    const { schema, expected } = schemas[name];
    if (!schema.safeParse(value).success) {
      throw new UsageError(`${model}: expected ${name} to be ${expected}, got ${described(value)}`);
    }
  }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** What a model of the library takes for these options when it is made by its class. */
export function kindsOf<N extends OptionName>(...names: readonly N[]): Readonly<Record<N, Kind>> {
  const kinds = names.map((name): [N, Kind] => {
    const { schema, expected } = schemas[name];
    return [name, { expected, is: (value) => schema.safeParse(value).success }];
  });
  return Object.fromEntries(kinds) as Record<N, Kind>;
}

/** Blocks of each stage. */
export const blocks: Kind = {
  expected: `blocks per stage such as [3, 4, 6, 3] (at most ${mostBlocks} each)`,
  is: (value) => Array.isArray(value) && schemas.layers.schema.safeParse(value).success,
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
        `--set: expected key=value, for example cardinality=8, got ${JSON.stringify(setting)}`,
      );
    }
    if (name in parsed) throw new UsageError(`--set: ${name} is given twice`);
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
  return Object.hasOwn(schemas, name);
}
