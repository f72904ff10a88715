import * as z from 'zod/mini';
import { UsageError } from '../../base/errors.ts';

/** Parses a flag's value for commander; throws a `UsageError` that names flag and value. */
type Reader<T> = (text: string) => T;

/** An integer from `min` to `max`. */
export function integer(flag: string, min: number, max: number = Number.MAX_SAFE_INTEGER): Reader<number> {
  const limit = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
  return reader(flag, `an integer ${limit}`, z.pipe(numeric, z.int().check(z.minimum(min), z.maximum(max))));
}

/** A finite number greater than `above`, or at least it if `inclusive`, less than `below` and not more than `most`. */
export function number(
  flag: string,
  {
    above = -Infinity,
    below = Infinity,
    most = Infinity,
    inclusive = false,
  }: { above?: number; below?: number; most?: number; inclusive?: boolean },
): Reader<number> {
  const lower = above === -Infinity ? '' : inclusive ? ` of at least ${above}` : ` above ${above}`;
  const limit = below < Infinity ? `below ${below}` : most < Infinity ? `at most ${most}` : '';
  const upper = limit === '' ? '' : `${lower === '' ? '' : ' and'} ${limit}`;
  const inside = (value: number): boolean =>
    (inclusive ? value >= above : value > above) && value < below && value <= most;
  return reader(flag, `a number${lower}${upper}`, z.pipe(numeric, z.number().check(z.refine(inside))));
}

/** Whole numbers from `min` to `max`: `50,101`. */
export function integers(flag: string, min: number, max: number): Reader<readonly number[]> {
  const value = z.pipe(numeric, z.int().check(z.minimum(min), z.maximum(max)));
  return reader(
    flag,
    `whole numbers from ${min} to ${max}, for example 50,101`,
    z.pipe(list, z.array(value).check(z.minLength(1), z.maxLength(64))),
  );
}

/** Numbers above `above`: `1,2.5,100`. */
export function numbers(flag: string, above: number): Reader<readonly number[]> {
  const value = z.pipe(numeric, z.number().check(z.gt(above)));
  return reader(
    flag,
    `numbers above ${above}, for example 1,2.5,100`,
    z.pipe(list, z.array(value).check(z.minLength(1), z.maxLength(64))),
  );
}

/** Efficiencies of numbers of ranks, above 0 and at most 2: `2:0.95,4:0.92`. */
export function measurements(flag: string): Reader<readonly { ranks: number; efficiency: number }[]> {
  const ranks = z.pipe(numeric, z.int().check(z.minimum(1), z.maximum(65_536)));
  const efficiency = z.pipe(numeric, z.number().check(z.gt(0), z.maximum(2)));
  const point = z.pipe(
    z.pipe(
      z.string(),
      z.transform((text) => text.split(':')),
    ),
    z.pipe(
      z.tuple([ranks, efficiency]),
      z.transform(([ranks, efficiency]) => ({ ranks, efficiency })),
    ),
  );
  return reader(
    flag,
    'ranks:efficiency, for example 2:0.95,4:0.92',
    z.pipe(list, z.array(point).check(z.minLength(1), z.maxLength(64))),
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
    .pipe(
      z.string().check(z.regex(/^(\d+\.?\d*|\.\d+)[kmgtx]?$/i)),
      z.transform((text): Budget => {
        const value = parseFloat(text);
        const suffix = text.replace(/[\d.]/g, '').toLowerCase();
        return suffix === 'x' ? { times: value } : { amount: value * factors[suffix] };
      }),
    )
    .check(z.refine(({ amount, times }) => (amount ?? times) > 0));
  return reader(flag, 'an amount above 0 such as 70k, 0.22G or 2x', schema);
}

/** A path. An empty one, most likely an unset shell variable, is refused. */
export function path(what: string): Reader<string> {
  return word(what, 'a path');
}

/** Any text but an empty one. */
export function word(flag: string, expected: string): Reader<string> {
  return reader(flag, expected, z.string().check(z.minLength(1)));
}

/** An origin of pages, or `*` for any. */
export function origin(flag: string): Reader<string> {
  const isOrigin = (text: string): boolean =>
    text === '*' || (URL.canParse(text) && new URL(text).origin === text);
  return reader(flag, 'an origin such as https://shop.example, or *', z.string().check(z.refine(isOrigin)));
}

/** The name of a host, or `*` for any. */
export function hostName(flag: string): Reader<string> {
  const name = z.string().check(z.regex(/^(\*|[\w-]+(\.[\w-]+)*)$/), z.maxLength(253));
  return reader(flag, 'the name of a host without a port, or *', name);
}

/** `N,C,H,W`, all of at least 1. */
export function shape4(flag: string): Reader<readonly [number, number, number, number]> {
  const size = z.pipe(numeric, z.int().check(z.minimum(1), z.maximum(65536)));
  return reader(flag, 'N,C,H,W, for example 1,3,224,224', z.pipe(list, z.tuple([size, size, size, size])));
}

/** Numbers, one per channel: `0.485,0.456,0.406`. */
export function perChannel(flag: string, positive: boolean): Reader<readonly number[]> {
  const value = z.pipe(numeric, positive ? z.number().check(z.positive()) : z.number());
  const what = `${positive ? 'positive ' : ''}numbers, one a channel, for example 0.485,0.456,0.406`;
  return reader(flag, what, z.pipe(list, z.array(value).check(z.minLength(1), z.maxLength(4))));
}

/**
 * Reads `pattern=factor`, a number of at least 0, given one or more times into one record, in the order given. Of a record's keys those
 * that are whole numbers come first, so the module `7` becomes all that is below it, `7.*`.
 */
export function factors(
  flag: string,
): (text: string, earlier: Readonly<Record<string, number>> | undefined) => Readonly<Record<string, number>> {
  return (text, earlier = {}) => {
    const end = text.lastIndexOf('=');
    const pattern = text.slice(0, Math.max(0, end));
    const { data } = numeric.check(z.refine((value) => value >= 0)).safeParse(text.slice(end + 1));
    if (pattern !== '' && data !== undefined) {
      // What is given again counts last.
      const key = /^\d+$/.test(pattern) ? `${pattern}.*` : pattern;
      const others = Object.entries(earlier).filter(([other]) => other !== key);
      return Object.fromEntries([...others, [key, data]]);
    }
    throw new UsageError(`${flag}: expected pattern=factor, for example layer1=0.1, got '${text}'`);
  };
}

/** One of the given words. */
export function oneOf<const T extends string>(flag: string, words: readonly T[]): Reader<T> {
  return reader(flag, words.join(' or '), z.enum(words));
}

/** Reads a flag that may be given several times into a list. */
export function each<T>(read: Reader<T>): (text: string, earlier: readonly T[] | undefined) => readonly T[] {
  return (text, earlier = []) => [...earlier, read(text)];
}

const numeric = z
  .pipe(z.string().check(z.regex(/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i)), z.transform(Number))
  .check(z.refine(Number.isFinite));
const list = z.pipe(
  z.string(),
  z.transform((text) => text.split(',')),
);

function reader<T>(flag: string, expected: string, schema: z.ZodMiniType<T, string>): Reader<T> {
  return (text) => {
    const result = schema.safeParse(text);
    if (result.success) return result.data;
    throw new UsageError(`${flag}: expected ${expected}, got '${text}'`);
  };
}
