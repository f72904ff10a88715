import { relative } from 'node:path';
import type { Reporter, TestCase } from 'vitest/node';

/**
 * Lists at the end which tests passed only when they were run once more (`--retry`), each with what failed at first: CI goes on, and nobody
 * has to search the log for a test that wants mending.
 */
export default class FlakyReporter implements Reporter {
  readonly #flaky: string[] = [];

  onTestCaseResult(test: TestCase): void {
    if (test.diagnostic()?.flaky !== true) return;
    const lines = (test.result().errors ?? []).map(({ message }) => message.split('\n', 1)[0]);
    this.#flaky.push(`  ${relative('', test.module.moduleId)} > ${test.fullName}: ${lines.join('; ')}`);
  }

  onTestRunEnd(): void {
    if (this.#flaky.length === 0) return;
    console.log(`\nPassed only when run once more:\n${this.#flaky.join('\n')}\n`);
  }
}
