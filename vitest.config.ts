import { globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const files = globSync('test/**/*.test.ts').map((file) => file.replaceAll('\\', '/'));

/**
 * Loading the sources anew for each file took a tenth of the time of all tests, so most files share a process, one after the other. A
 * process of its own has what replaces modules, the environment or the clock, and what counts memory or handles.
 */
const own = /\bvi\.|\bprocess\.(env|chdir|memoryUsage|on|exitCode)\b|chaos-holdings/;
const together = files.filter(
  (file) => !/^test\/(browser|studio)\//.test(file) && !own.test(readFileSync(file, 'utf8')),
);

/** Measures pauses of a page, so nothing else may run beside it. */
const quiet = 'test/browser/page-goes-on.test.ts';
const inBrowsers = files.filter(
  (file) =>
    file !== quiet &&
    (file.startsWith('test/browser/') ||
      (file.startsWith('test/studio/') && readFileSync(file, 'utf8').includes('openBrowser'))),
);

/** What takes half a minute and more: begun late, one of them would still run when all others have ended. */
const longest = [
  'docs/readme-run',
  'package/consumer',
  'cli/weights',
  'cli/published',
  'torchvision/torchvision',
  'cli/round-trip',
  'cli/ranks',
  'mpi/ranks',
  'fuzz/fuzz',
  'cli/study',
  'cli/kill',
  'cli/signals',
  'cli/tasks',
  'serve/chaos',
  'training/tasks',
  'crash/runs',
  'package/bundle',
  'browser/examples',
  'browser/training',
  'browser/store',
  'conformance/conformance',
  'plan/recompute',
  'weights/names',
  'parity/registry',
  'parity/parity',
  'parity/relatives',
  'wasm/gemm',
].map((name) => `/test/${name}.test.ts`);

class LongestFirst extends BaseSequencer {
  override async sort(specifications: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(specifications);
    const isLong = ({ moduleId }: TestSpecification) => longest.some((name) => moduleId.endsWith(name));
    const inProject = (name: string) => sorted.filter(({ project }) => project.name === name);
    return ['alone', 'browser', 'together', 'quiet'].flatMap((name) => [
      ...inProject(name).filter(isLong),
      ...inProject(name).filter((one) => !isLong(one)),
    ]);
  }
}

export default defineConfig({
  test: {
    // A busy machine takes as long as it likes: these are for what hangs.
    ...{ testTimeout: 300_000, hookTimeout: 300_000 },
    expect: { poll: { timeout: 30_000 } },
    // Much of the time is a command's that starts, or of one thread: two files at a time left a fifth of two cores idle.
    maxWorkers: 3,
    // Hundreds of processes load the same modules, whose compiled code is kept.
    env: { NODE_COMPILE_CACHE: resolve('node_modules/.cache/compiled') },
    sequence: { sequencer: LongestFirst },
    reporters: ['./scripts/flaky-reporter.ts', 'default'],
    projects: [
      {
        extends: true,
        test: {
          name: 'alone',
          include: files.filter(
            (file) => !together.includes(file) && !inBrowsers.includes(file) && file !== quiet,
          ),
        },
      },
      // Files that share a process share its browsers.
      { extends: true, test: { name: 'browser', include: inBrowsers, isolate: false } },
      { extends: true, test: { name: 'together', include: together, isolate: false } },
      {
        extends: true,
        test: { name: 'quiet', include: [quiet], sequence: { groupOrder: 1 } },
      },
    ],
  },
});
