import { described } from '../base/described.ts';
import { CardinalError, UsageError } from '../base/errors.ts';
import { checkOptions, finite, oneOf, type Kinds } from '../base/options.ts';
import { sizeOf } from '../base/shape.ts';
import { formatShape, type Shape } from '../graph/value.ts';
import { finiteNumber, sizes } from './arguments.ts';
import { Parameter, type Initializer } from './parameter.ts';

/**
 * Initialisers of `torch.nn.init`. Each function replaces how a parameter is drawn, and discards what was drawn
 * before; the new values are drawn when they are first read. Those that need fans throw a `CardinalError` for a
 * vector.
 */

export type Mode = 'fan_in' | 'fan_out';
export type Nonlinearity = 'linear' | 'conv2d' | 'sigmoid' | 'tanh' | 'relu' | 'leaky_relu';

export interface KaimingOptions {
  /** Negative slope of the rectifier, for `leaky_relu`. */
  readonly a?: number;
  readonly mode?: Mode;
  readonly nonlinearity?: Nonlinearity;
}

const kaimingKinds: Kinds<KaimingOptions> = {
  a: finite,
  mode: oneOf('fan_in', 'fan_out'),
  nonlinearity: oneOf('linear', 'conv2d', 'sigmoid', 'tanh', 'relu', 'leaky_relu'),
};

/** Kaiming (He) normal: N(0, std²), std = gain/√fan (He et al. 2015, "Delving deep into rectifiers", formulas 10 and 14). */
export function kaimingNormal_(parameter: Parameter, options: KaimingOptions = {}): void {
  checkParameter('kaimingNormal_', parameter);
  checkOptions('kaimingNormal_', options, kaimingKinds);
  parameter.initializer = normal(0, kaimingStd(parameter.shape, options));
}

/** Kaiming (He) uniform: U(−b, b), b = gain·√(3/fan). */
export function kaimingUniform_(parameter: Parameter, options: KaimingOptions = {}): void {
  checkParameter('kaimingUniform_', parameter);
  checkOptions('kaimingUniform_', options, kaimingKinds);
  parameter.initializer = kaimingUniform(parameter.shape, options);
}

/** Xavier (Glorot) normal: N(0, std²), std = gain·√(2/(fan_in + fan_out)) (Glorot and Bengio 2010). */
export function xavierNormal_(parameter: Parameter, gain = 1): void {
  checkParameter('xavierNormal_', parameter);
  finiteNumber('xavierNormal_', 'gain', gain);
  const { fanIn, fanOut } = fans(parameter.shape);
  parameter.initializer = normal(0, gain * Math.sqrt(2 / (fanIn + fanOut)));
}

/** Xavier (Glorot) uniform: U(−b, b), b = gain·√(6/(fan_in + fan_out)). */
export function xavierUniform_(parameter: Parameter, gain = 1): void {
  checkParameter('xavierUniform_', parameter);
  finiteNumber('xavierUniform_', 'gain', gain);
  const { fanIn, fanOut } = fans(parameter.shape);
  const bound = gain * Math.sqrt(6 / (fanIn + fanOut));
  parameter.initializer = uniform(-bound, bound);
}

/** N(mean, std²). */
export function normal_(parameter: Parameter, mean = 0, std = 1): void {
  checkParameter('normal_', parameter);
  finiteNumber('normal_', 'mean', mean);
  finiteNumber('normal_', 'std', std);
  parameter.initializer = normal(mean, std);
}

/** U(low, high). */
export function uniform_(parameter: Parameter, low = 0, high = 1): void {
  checkParameter('uniform_', parameter);
  finiteNumber('uniform_', 'low', low);
  finiteNumber('uniform_', 'high', high);
  parameter.initializer = uniform(low, high);
}

/** `value` everywhere. */
export function constant_(parameter: Parameter, value: number): void {
  checkParameter('constant_', parameter);
  finiteNumber('constant_', 'the value', value);
  parameter.initializer = constant(value);
}

/** 1 everywhere. */
export function ones_(parameter: Parameter): void {
  constant_(parameter, 1);
}

/** 0 everywhere. */
export function zeros_(parameter: Parameter): void {
  constant_(parameter, 0);
}

/**
 * Inputs and outputs of one unit, as PyTorch counts them from the weight's shape K×(C/G)×R×S: fan_in = (C/G)·R·S,
 * fan_out = K·R·S. So fan_out *ignores groups*: with G groups each input reaches only K/G outputs, and
 * the standard deviation is √G below He's. Networks of this library do as PyTorch does.
 */
export function fans(shape: Shape): { readonly fanIn: number; readonly fanOut: number } {
  sizes('init', 'the shape', shape, '[out, in, …]');
  if (shape.length < 2) {
    throw new CardinalError(
      `init: fans need a weight of at least two dimensions, got ${formatShape(shape)}; use constant_, normal_ or uniform_`,
    );
  }
  const [out, into, ...kernel] = shape;
  const window = sizeOf(kernel);
  return { fanIn: into * window, fanOut: out * window };
}

/** The recommended gain of a nonlinearity, as `torch.nn.init.calculate_gain` gives it. */
export function gainOf(nonlinearity: Nonlinearity, a = 0): number {
  switch (nonlinearity) {
    case 'linear':
    case 'conv2d':
    case 'sigmoid':
      return 1;
    case 'tanh':
      return 5 / 3;
    case 'relu':
      return Math.SQRT2;
    case 'leaky_relu':
      return Math.sqrt(2 / (1 + a * a));
  }
}

export function kaimingUniform(shape: Shape, options: KaimingOptions = {}): Initializer {
  checkOptions('kaimingUniform', options, kaimingKinds);
  const bound = Math.sqrt(3) * kaimingStd(shape, options);
  return uniform(-bound, bound);
}

export function constant(value: number): Initializer {
  return (shape) => new Float32Array(sizeOf(shape)).fill(value);
}

export function uniform(low: number, high: number): Initializer {
  return (shape, rng) => draw(shape, () => rng.uniform(low, high));
}

export function normal(mean: number, std: number): Initializer {
  return (shape, rng) => draw(shape, () => mean + std * rng.normal());
}

function kaimingStd(
  shape: Shape,
  { a = 0, mode = 'fan_in', nonlinearity = 'leaky_relu' }: KaimingOptions,
): number {
  const { fanIn, fanOut } = fans(shape);
  return gainOf(nonlinearity, a) / Math.sqrt(mode === 'fan_in' ? fanIn : fanOut);
}

function draw(shape: Shape, next: () => number): Float32Array {
  const data = new Float32Array(sizeOf(shape));
  for (let i = 0; i < data.length; i++) data[i] = next();
  return data;
}

/** A caller in plain JavaScript may give a layer, or none at all. */
function checkParameter(what: string, parameter: unknown): void {
  if (parameter instanceof Parameter) return;
  throw new UsageError(
    `${what}: expected a Parameter, such as a layer's weight, got ${described(parameter)}`,
  );
}
