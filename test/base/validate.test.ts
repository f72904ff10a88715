import { describe, expect, test } from 'vitest';
import * as classic from 'zod';
import * as z from 'zod/mini';
import { validate } from '../../src/base/validate.ts';

/** One schema in either of zod's forms, and a value that it refuses. */
const refused: readonly [string, z.ZodMiniType, classic.ZodType, unknown][] = [
  ['another type', z.object({ a: z.string() }), classic.object({ a: classic.string() }), { a: 1 }],
  ['nothing', z.object({ a: z.number() }), classic.object({ a: classic.number() }), {}],
  ['NaN', z.number(), classic.number(), NaN],
  ['a fraction', z.int(), classic.int(), 0.5],
  ['too little', z.int().check(z.minimum(1)), classic.int().min(1), 0],
  ['not above', z.number().check(z.positive()), classic.number().positive(), 0],
  ['too much', z.number().check(z.lt(1)), classic.number().lt(1), 1],
  ['too few', z.array(z.int()).check(z.minLength(1)), classic.array(classic.int()).min(1), []],
  ['too many', z.string().check(z.maxLength(1)), classic.string().max(1), 'ab'],
  ['another tuple', z.tuple([z.int(), z.int()]), classic.tuple([classic.int(), classic.int()]), [1]],
  ['another word', z.enum(['a', 'b']), classic.enum(['a', 'b']), 'c'],
  ['another value', z.literal(1), classic.literal(1), 2],
  ['a pattern', z.string().check(z.regex(/^a$/)), classic.string().regex(/^a$/), 'b'],
  ['no date', z.iso.datetime(), classic.iso.datetime(), 'today'],
  ['unknown keys', z.strictObject({}), classic.strictObject({}), { b: 1, c: 2 }],
  ['a key', z.record(z.enum(['a']), z.int()), classic.record(classic.enum(['a']), classic.int()), { b: 1 }],
  [
    'none of several',
    z.union([z.int(), z.boolean()]),
    classic.union([classic.int(), classic.boolean()]),
    'a',
  ],
  [
    'no kind',
    z.discriminatedUnion('kind', [z.object({ kind: z.literal('a') })]),
    classic.discriminatedUnion('kind', [classic.object({ kind: classic.literal('a') })]),
    { kind: 'b' },
  ],
];

describe('what is wrong is said in the words of zod itself', () => {
  test.each(refused)('%s', (_, schema, same, value) => {
    const [issue] = same.safeParse(value).error?.issues ?? [];
    const path = issue.path.length === 0 ? '' : `${issue.path.join('.')}: `;
    expect(() => validate(schema, value, 'this')).toThrow(`this: ${path}${issue.message}`);
  });

  test('but for a message of ours', () => {
    const side = z.int({ error: 'expected a whole number of pixels' });
    expect(() => validate(z.object({ side }), { side: 'a' }, 'this')).toThrow(
      'this: side: expected a whole number of pixels',
    );
  });
});

test('a length that cannot be compared is refused in one line', () => {
  const names = z.array(z.string()).check(z.minLength(1));
  expect(() => validate(names, { length: { toString: 1 } }, 'classes.json')).toThrow(
    /^classes\.json: a length in it is no number$/,
  );
});
