import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Fixture } from '../bits/settings.ts';
import type { PageSetting } from './jobs/backends.ts';
import { runJob } from './jobs/run.ts';
import { browsers, openBrowser, type TestBrowser } from './support/browsers.ts';

const path = new URL('../fixtures/bits.json', import.meta.url);
const fixture = JSON.parse(await readFile(path, 'utf8')) as Fixture;

/**
 * Training steps and logits are the same bit for bit in a page as in Node, whose tests (`test/bits`) compare with the same fixture, on
 * shared memory and on memory that is not.
 */
describe.each(browsers)('%s', (kind) => {
  let browser: TestBrowser;
  beforeAll(async () => {
    browser = await openBrowser(kind);
  });
  afterAll(() => browser.close());

  test.each([
    { page: 'isolated', isolated: true, threads: [1, 2] },
    { page: 'not isolated', isolated: false, threads: [1] },
  ])(
    'a page that is $page comes to the bits of Node',
    async ({ isolated, threads }) => {
      const settings = (['simd', 'relaxed'] as const).flatMap((kernels) =>
        threads.map((count): PageSetting => ({ kernels, threads: count })),
      );
      const reports = await runJob(browser, isolated, 'bits', settings);
      expect(reports).toHaveLength(settings.length);
      for (const [index, { multiplyAdd, bits }] of reports.entries()) {
        const { kernels, threads: count } = settings[index];
        if (kernels === 'simd') expect(multiplyAdd).toBe('separate');
        const names = Object.keys(bits);
        expect(names.length).toBeGreaterThan(5);
        // Engines and processors that round relaxed multiply–adds twice come to the bits of plain SIMD.
        const known = fixture[multiplyAdd === 'fused' ? 'fused' : 'separate'];
        expect(bits, `${kernels} on ${count}`).toEqual(
          Object.fromEntries(names.map((name) => [name, known[name]])),
        );
      }
    },
    600_000,
  );
});
