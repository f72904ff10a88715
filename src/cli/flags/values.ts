import * as z from 'zod';
import { UsageError } from '../../base/errors.ts';

/** Parses a flag's value for commander; throws a `UsageError` that names flag and value. */
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

/** A path. An empty one, most likely an unset shell variable, is refused. */
export function path(what: string): Reader<string> {
  return reader(what, 'a path', z.string().min(1));
}

/** `N,C,H,W`, all of at least 1. */
export function shape4(flag: string): Reader<readonly [number, number, number, number]> {
  const size = numeric.pipe(z.int().min(1).max(65536));
  return reader(flag, 'N,C,H,W, for example 1,3,224,224', list.pipe(z.tuple([size, size, size, size])));
}

/** Numbers, one per channel: `0.485,0.456,0.406`. */
export function perChannel(flag: string, positive: boolean): Reader<readonly number[]> {
  const value = numeric.pipe(positive ? z.number().positive() : z.number());
  const what = `${positive ? 'positive ' : ''}numbers, one a channel, for example 0.485,0.456,0.406`;
  return reader(flag, what, list.pipe(z.array(value).min(1).max(4)));
}

/** One of the given words. */
export function oneOf<const T extends string>(flag: string, words: readonly T[]): Reader<T> {
  return reader(flag, words.join(' or '), z.enum(words));
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
