import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { opNames } from '../conformance/suite.ts';
import { seed } from '../support/seed.ts';
import { runJob } from './jobs/run.ts';
import { browsers, openBrowser, type TestBrowser } from './support/browsers.ts';

/** Every op of every build computes in a page as the reference does, and to the same bits on any number of threads. */
describe.each(browsers)('%s', (kind) => {
  let browser: TestBrowser;
  beforeAll(async () => {
    browser = await openBrowser(kind);
  });
  afterAll(() => browser.close());

  test.each([
    { page: 'isolated', isolated: true, threads: [1, 2, 3] },
    { page: 'not isolated', isolated: false, threads: [1] },
  ])(
    'a page that is $page computes all ops as the reference does',
    async ({ isolated, threads }) => {
      const { shared, failures } = await runJob(browser, isolated, 'conformance', { seed, threads });
      expect(shared).toBe(isolated);
      expect(Object.keys(failures)).toEqual(['simd', 'relaxed']);
      for (const [build, found] of Object.entries(failures)) {
        expect(Object.keys(found)).toEqual(opNames);
        expect(Object.values(found).flat(), build).toEqual([]);
      }
    },
    600_000,
  );

  test.each([
    { isolated: true, threads: 3 },
    { isolated: false, threads: 1 },
  ])('200 networks come and go on $threads threads in one memory', async ({ isolated, threads }) => {
    const given = { kernels: 'simd', threads, cycles: 200 } as const;
    expect(await runJob(browser, isolated, 'cycles', given)).toEqual({ memories: 1, results: 1 });
  });
});
