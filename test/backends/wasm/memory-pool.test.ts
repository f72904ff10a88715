import { describe, expect, test } from 'vitest';
import { MemoryPool } from '../../../src/backends/wasm/memory-pool.ts';

const PAGE = 65_536;
const MIB = 2 ** 20;

/** A pool, the pages of each memory that it asked for, and whether there are any more. */
function poolOf(keepBytes: number) {
  const asked: number[] = [];
  const engine = { left: Infinity };
  const pool = new MemoryPool(keepBytes, (pages) => {
    asked.push(pages);
    if (engine.left-- <= 0) throw new RangeError('could not allocate memory');
    return new WebAssembly.Memory({ initial: pages, maximum: pages });
  });
  return { pool, asked, engine };
}

const bytesOf = ({ buffer }: WebAssembly.Memory) => new Uint8Array(buffer);

describe('a pool of memories', () => {
  test('that keeps nothing gives new ones, as large as was asked for', () => {
    const { pool, asked } = poolOf(0);
    const first = pool.take(9 * PAGE + 1);
    pool.give(first);
    expect(pool.take(9 * PAGE + 1)).not.toBe(first);
    expect(pool.take(0).buffer.byteLength).toBe(PAGE);
    expect(asked).toEqual([10, 10, 1]);
  });

  test('gives one again that is large enough and no more than about twice as large, the smallest first', () => {
    const { pool } = poolOf(64 * MIB);
    const [small, middle, large] = [1, 3, 5].map((size) => pool.take(size * MIB));
    for (const memory of [large, small, middle]) pool.give(memory);
    expect(pool.take(2 * MIB)).toBe(middle);
    expect([small, middle, large]).not.toContain(pool.take(2 * MIB));
    expect(pool.take(1 * MIB)).toBe(small);
    expect(pool.take(5 * MIB)).toBe(large);
  });

  test('never gives one that is in use', () => {
    const { pool } = poolOf(64 * MIB);
    const taken = Array.from({ length: 5 }, () => pool.take(MIB));
    for (const memory of taken) pool.give(memory);
    expect(new Set(Array.from({ length: 8 }, () => pool.take(MIB))).size).toBe(8);
  });

  test('gives zeros, whoever wrote before, how far ever', () => {
    const { pool } = poolOf(64 * MIB);
    const memory = pool.take(2 * MIB);
    bytesOf(memory).fill(7, 0, 2 * MIB);
    pool.give(memory);
    // The next program is smaller: what lies behind it is still to be cleared for the one after.
    expect(pool.take(1.5 * MIB)).toBe(memory);
    expect(
      bytesOf(memory)
        .subarray(0, 1.5 * MIB)
        .every((byte) => byte === 0),
    ).toBe(true);
    bytesOf(memory).fill(8, 0, 1.5 * MIB);
    pool.give(memory);
    expect(pool.take(2 * MIB)).toBe(memory);
    expect(bytesOf(memory).every((byte) => byte === 0)).toBe(true);
  });

  test('that is emptied keeps none', () => {
    const { pool } = poolOf(64 * MIB);
    const memory = pool.take(MIB);
    pool.give(memory);
    pool.empty();
    expect(pool.take(MIB)).not.toBe(memory);
  });

  test('keeps so many bytes, and drops the longest unused first', () => {
    const { pool, asked } = poolOf(4 * MIB);
    const [a, b, c] = [2, 2, 1].map((size) => pool.take(size * MIB));
    for (const memory of [a, b, c]) pool.give(memory);
    expect(pool.take(2 * MIB)).toBe(b);
    expect(pool.take(1 * MIB)).toBe(c);
    expect([a, b]).not.toContain(pool.take(2 * MIB));
    expect(asked).toHaveLength(4);
  });

  test('keeps the last one, however large', () => {
    const { pool } = poolOf(4 * MIB);
    const [small, huge] = [1, 9].map((size) => pool.take(size * MIB));
    pool.give(small);
    pool.give(huge);
    expect(pool.take(9 * MIB)).toBe(huge);
    expect(pool.take(MIB)).not.toBe(small);
  });

  test('has few sizes: programs that grow a little take the memory of the one before', () => {
    const { pool, asked } = poolOf(64 * MIB);
    for (let pages = 64; pages <= 128; pages++) pool.give(pool.take(pages * PAGE));
    expect(asked).toEqual([64, 80, 96, 112, 128]);
  });

  test('can give all that can be addressed', () => {
    const { pool, asked, engine } = poolOf(64 * MIB);
    engine.left = 0;
    expect(() => pool.take(2 ** 32)).toThrow('could not allocate memory');
    expect(asked).toEqual([65_536, 65_536]);
  });

  test('makes do with one that is far too large where the engine has none', () => {
    const { pool, engine } = poolOf(64 * MIB);
    const large = pool.take(20 * MIB);
    pool.give(large);
    engine.left = 0;
    expect(pool.take(MIB)).toBe(large);
  });

  test('lets go of all that it keeps, and asks once more for no more than it takes, before it gives up', () => {
    const { pool, asked, engine } = poolOf(64 * MIB);
    const small = pool.take(MIB);
    pool.give(small);
    engine.left = 0;
    expect(() => pool.take(33 * MIB + 1)).toThrow(new RangeError('could not allocate memory'));
    expect(asked).toEqual([16, 640, 529]);
    engine.left = Infinity;
    expect(pool.take(MIB)).not.toBe(small);
  });
});
