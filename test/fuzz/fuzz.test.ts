/**
 * Damaged files of every format, so many of each: see `target.ts` for what must hold, `npm run fuzz -- --help` for more of them. A
 * fault names the seed and the file; `CARDINAL_SEED=…` makes the same files again.
 */
import { afterAll, describe, expect, test } from 'vitest';
import { seed } from '../support/seed.ts';
import { Fuzzer } from './fuzzer.ts';
import { targets } from './targets.ts';
import { bad } from './targets/bad.ts';

/** By the time that reading one takes: half a minute of one core in all. `npm run fuzz` reads for as long as it is told. */
const counts: Readonly<Record<string, number>> = {
  pickle: 500,
  zip: 500,
  legacy: 500,
  safetensors: 1250,
  checkpoint: 500,
  avif: 150,
  metrics: 150,
};
const usual = 200;

const fuzzer = new Fuzzer();
afterAll(() => {
  fuzzer.dispose();
});

describe('damaged files are read or refused in one line, at a bounded cost', () => {
  test.each(targets.map(({ name }) => name))('%s', { timeout: 600_000 }, async (name) => {
    const to = counts[name] ?? usual;
    const { tally, faults } = await fuzzer.run({ target: name, seed, from: 0, to });
    expect(
      faults.map(({ origin, what, input }) => `${origin}, ${Buffer.from(input).toString('base64').slice(0, 4000)}: ${what}`), // prettier-ignore
    ).toEqual([]);
    expect(tally.early + tally.refused + tally.whole).toBe(to);
    // Otherwise it is the first check alone that is tested.
    expect(tally.early, `refused at the first check, seed ${seed}`).toBeLessThan(to / 2);
  });
});

/** Targets that do what a parser must never do: whatever the harness does not see is not ruled out above. */
describe('the harness sees', () => {
  const seen: Readonly<Record<keyof typeof bad, RegExp>> = {
    loop: /^did not come to an end in \d/,
    slow: /^took \d\.\d s of processor time/,
    exit: /^the process ended with code 7/,
    crash: /^the process ended with SIG/,
    heap: /^(the process ended with SIGABRT|had \d+ bytes of memory when it was ended)/,
    filled: /^took \d+ bytes of memory, \d+ are allowed/,
    empty: /asked for an array of \d+ bytes/,
    error: /^not a CardinalError: TypeError/,
    long: /^a message of \d+ characters/,
    name: /^does not begin with the file's name/,
  };
  test.each(Object.entries(seen))('%s', async (name, what) => {
    const { faults } = await fuzzer.run({ target: `bad-${name}`, seed, from: 0, to: 3 });
    // The file that does it is the second one, and it is not lost with the process.
    expect(faults.map(({ input }) => [...input])).toContainEqual([1]);
    expect(faults[0].what).toMatch(what);
  });
});
