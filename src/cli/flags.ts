import { type Command, Option } from 'commander';
import { z } from 'zod';
import { UsageError } from '../base/errors.ts';
import { defaultPictureLimits, mostDecodeSeconds, type PictureLimitOptions } from '../data/picture-limits.ts';
import { backendNames, backends, defaultBackend, type BackendName } from '../node/backends.ts';
import { mostThreads } from '../node/threads.ts';

/** Readers of flag values. Each gives a function for commander that throws a `UsageError` naming flag and value. */
type Reader<T> = (text: string) => T;

/** An integer from `min` to `max`. */
export function integer(flag: string, min: number, max: number = Number.MAX_SAFE_INTEGER): Reader<number> {
  const limit = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
  return reader(flag, `an integer ${limit}`, numeric.pipe(z.int().min(min).max(max)));
}

/** A finite number greater than `above`, or at least it if `inclusive`, and less than `below`. */
export function number(
  flag: string,
  {
    above = -Infinity,
    below = Infinity,
    inclusive = false,
  }: { above?: number; below?: number; inclusive?: boolean },
): Reader<number> {
  const lower = above === -Infinity ? '' : inclusive ? ` of at least ${above}` : ` above ${above}`;
  const upper = below === Infinity ? '' : `${lower === '' ? '' : ' and'} below ${below}`;
  const inside = (value: number): boolean => (inclusive ? value >= above : value > above) && value < below;
  return reader(flag, `a number${lower}${upper}`, numeric.pipe(z.number().refine(inside)));
}

/** Whole numbers from `min` to `max`: `50,101`. */
export function integers(flag: string, min: number, max: number): Reader<readonly number[]> {
  const value = numeric.pipe(z.int().min(min).max(max));
  return reader(
    flag,
    `whole numbers from ${min} to ${max}, for example 50,101`,
    list.pipe(z.array(value).min(1).max(64)),
  );
}

/** A cost to keep: an amount, or a multiple of another. */
export type Budget =
  | { readonly amount: number; readonly times?: undefined }
  | { readonly amount?: undefined; readonly times: number };

/** `70k`, `25.5M`, `0.22G`, `69632`, or `2x`. */
export function budget(flag: string): Reader<Budget> {
  const factors: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12 };
  const schema = z
    .string()
    .regex(/^(\d+\.?\d*|\.\d+)[kmgtx]?$/i)
    .transform((text): Budget => {
      const value = parseFloat(text);
      const suffix = text.replace(/[\d.]/g, '').toLowerCase();
      return suffix === 'x' ? { times: value } : { amount: value * factors[suffix] };
    })
    .refine(({ amount, times }) => (amount ?? times) > 0);
  return reader(flag, 'an amount above 0 such as 70k, 0.22G or 2x', schema);
}

/** A path; an empty one is a variable of the shell that was not set. */
export function path(what: string): Reader<string> {
  return reader(what, 'a path', z.string().min(1));
}

/** `N,C,H,W`, all of at least 1. */
export function shape4(flag: string): Reader<readonly [number, number, number, number]> {
  const size = numeric.pipe(z.int().min(1).max(65536));
  return reader(flag, 'N,C,H,W, for example 1,3,224,224', list.pipe(z.tuple([size, size, size, size])));
}

/** Numbers, one a channel: `0.485,0.456,0.406`. */
export function perChannel(flag: string, positive: boolean): Reader<readonly number[]> {
  const value = numeric.pipe(positive ? z.number().positive() : z.number());
  const what = `${positive ? 'positive ' : ''}numbers, one a channel, for example 0.485,0.456,0.406`;
  return reader(flag, what, list.pipe(z.array(value).min(1).max(4)));
}

/** One of some words. */
export function oneOf<const T extends string>(flag: string, words: readonly T[]): Reader<T> {
  return reader(flag, words.join(' or '), z.enum(words));
}

/**
 * Gathers the `key=value` pairs of `--set`, which takes several and may be repeated; `parseSet` of the registry reads
 * them. Whatever is no pair was most likely meant as an argument.
 */
export function setting(text: string, earlier: readonly string[] | undefined): readonly string[] {
  if (!/^[A-Za-z]\w*=./s.test(text)) {
    throw new UsageError(
      `--set: expected key=value, got '${text}' (an argument that is no setting goes before --set)`,
    );
  }
  return [...(earlier ?? []), text];
}

/** Flags of every command that builds a network by name. */
export interface ModelFlags {
  readonly set?: readonly string[];
}

export function withSetFlag(command: Command): Command {
  return command.option(
    '--set <key=value...>',
    'change the network: layers, cardinality, baseWidth, numClasses, inChannels, residual, form, widthMultiplier …',
    setting,
  );
}

/** What a command that takes weights calls them in its help. */
export const weightsArgument =
  "a run's best.safetensors, or weights of other programs: .pth, .pt, .safetensors, hf:owner/repo";

/** The same for commands that want no network of them. */
export const weightsFileArgument = 'a file of weights: .safetensors, .pth, .pt, or hf:owner/repo';

/** Flags of every command that loads weights: how much of them must fit, and for how many channels. */
export interface FitFlags {
  readonly inChannels?: number;
  readonly partial?: boolean;
  readonly verify?: boolean;
}

export function withFitFlags(command: Command): Command {
  return command
    .option(
      '--in-channels <n>',
      "of the pictures: adapts the weights' first convolution, summed for 1, repeated and scaled for more (the weights')",
      integer('--in-channels', 1, 1024),
    )
    .option(
      '--partial',
      'load what fits of the weights and list the rest, which stays as the network draws it',
    )
    .option('--no-verify', 'load weights though their checksums say that they are damaged');
}

/** Flags of every command that takes weights: what the file does not say itself. */
export interface WeightsFlags extends ModelFlags, FitFlags {
  readonly model?: string;
  readonly mean?: readonly number[];
  readonly std?: readonly number[];
  readonly imageSize?: number;
}

export function withWeightsFlags(command: Command): Command {
  const prepared = command
    .option('--model <name>', 'what bare weights are of; a checkpoint says it itself')
    .option('--mean <list>', "of each channel, in [0, 1] (the checkpoint's)", perChannel('--mean', false))
    .option('--std <list>', "of each channel (the checkpoint's)", perChannel('--std', true))
    .option(
      '--image-size <n>',
      "side of the network's input (the checkpoint's)",
      integer('--image-size', 8, 4096),
    );
  return withFitFlags(withSetFlag(prepared));
}

/** Adds the flags of every command that reads pictures, `PictureLimitOptions`. */
export function withPictureFlags(command: Command): Command {
  const { maxPixels, decodeSeconds } = defaultPictureLimits;
  return command
    .option(
      '--max-pixels <n>',
      `refuse a picture with more, width × height (${maxPixels / 1e6} million)`,
      integer('--max-pixels', 1),
    )
    .option(
      '--decode-seconds <n>',
      `give up on a picture that takes longer to decode (${decodeSeconds})`,
      integer('--decode-seconds', 1, mostDecodeSeconds),
    );
}

/** Of some flags the limits of pictures that were given. */
export function givenLimits({ maxPixels, decodeSeconds }: PictureLimitOptions): GivenLimits {
  return {
    ...(maxPixels === undefined ? {} : { maxPixels }),
    ...(decodeSeconds === undefined ? {} : { decodeSeconds }),
  };
}

interface GivenLimits {
  readonly maxPixels?: number;
  readonly decodeSeconds?: number;
}

/** Flags of every command that computes. */
export interface EngineFlags {
  readonly backend: BackendName;
  readonly threads?: number | undefined;
  /** Absent: if there is a native library. */
  readonly blas?: boolean | undefined;
}

function backendsInWords(): string {
  return backendNames.map((name) => `${name} (${backends[name].about})`).join(', ');
}

export function withEngineFlags(command: Command): Command {
  return command
    .addOption(
      new Option('--backend <name>', `what computes: ${backendsInWords()}`)
        .default(defaultBackend)
        .argParser(oneOf('--backend', backendNames)),
    )
    .addOption(
      new Option('--threads <n>', 'workers that share each step (one a core, at most 16)').argParser(
        integer('--threads', 1, mostThreads()),
      ),
    )
    .option(
      '--blas',
      'require a native library for matrix products; without the flag it is used where there is one',
    )
    .option('--no-blas', 'leave matrix products to WebAssembly, even if there is a native library');
}

/** What the flags mean, in every command that has them. */
export const strictHelp = 'refuse what cannot be read, instead of leaving it out';
export const checkpointActivationsHelp =
  'recompute activations in the backward pass: less memory, more time, the same results';

/** What the flag means, in every command that has it. */
export const takeOverHelp =
  'with --resume: take the folder from the process that holds it, if you know that it has ended; if it has not, it stops';

export function withJsonFlag(command: Command): Command {
  return command.option('--json', 'print one JSON document instead of text', false);
}

/** Examples below a command's help. */
export function withExamples(command: Command, ...examples: readonly string[]): Command {
  return command.addHelpText(
    'after',
    `\nExamples:\n${examples.map((line) => `  $ cardinal ${line}`).join('\n')}`,
  );
}

const numeric = z
  .string()
  .regex(/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i)
  .transform(Number)
  .refine(Number.isFinite);
const list = z.string().transform((text) => text.split(','));

function reader<T>(flag: string, expected: string, schema: z.ZodType<T, string>): Reader<T> {
  return (text) => {
    const result = schema.safeParse(text);
    if (result.success) return result.data;
    throw new UsageError(`${flag}: expected ${expected}, got '${text}'`);
  };
}
