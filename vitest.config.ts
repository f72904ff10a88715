import { globSync, readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const files = globSync('test/**/*.test.ts').map((file) => file.replaceAll('\\', '/'));

/**
 * Loading the sources anew for each file took a tenth of the time of all tests, so most files share a process, one after the other. A
 * process of its own has what replaces modules, the environment or the clock, and what starts programs or measures memory.
 */
const sharing =
  /^test\/(backends|base|conformance|cost|data|models|nn|node|parity|plan|report|session|study|train|weights)\//;
const own = /\bvi\.|node:child_process|\bprocess\.(env|chdir|memoryUsage)/;
const together = files.filter((file) => sharing.test(file) && !own.test(readFileSync(file, 'utf8')));

const inBrowsers = files.filter((file) => file.startsWith('test/browser/'));

/** What takes half a minute and more: begun late, one of them would still run when all others have ended. */
const longest = [
  'docs/readme-run',
  'package/consumer',
  'cli/weights',
  'cli/published',
  'torchvision/torchvision',
  'cli/round-trip',
  'fuzz/fuzz',
  'cli/study',
  'cli/kill',
  'crash/runs',
  'package/bundle',
  'conformance/conformance',
  'plan/recompute',
  'weights/names',
].map((name) => `/test/${name}.test.ts`);

class LongestFirst extends BaseSequencer {
  override async sort(specifications: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(specifications);
    const isLong = ({ moduleId }: TestSpecification) => longest.some((name) => moduleId.endsWith(name));
    const inProject = (name: string) => sorted.filter(({ project }) => project.name === name);
    return ['alone', 'browser', 'together'].flatMap((name) => [
      ...inProject(name).filter(isLong),
      ...inProject(name).filter((one) => !isLong(one)),
    ]);
  }
}

export default defineConfig({
  test: {
    testTimeout: 60_000,
    // Much of the time is a command's that starts, or of one thread: two files at a time left a fifth of two cores idle.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'alone',
          include: files.filter((file) => !together.includes(file) && !inBrowsers.includes(file)),
        },
      },
      // On a busy machine a browser needs longer to start than hooks have.
      {
        extends: true,
        test: { name: 'browser', include: inBrowsers, testTimeout: 120_000, hookTimeout: 120_000 },
      },
      { extends: true, test: { name: 'together', include: together, isolate: false } },
    ],
  },
});
