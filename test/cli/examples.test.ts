import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { root } from './cardinal.ts';

const run = promisify(execFile);

it("examples/review.ts prints the review's summary and the shape of its output, on the built package", async () => {
  const { stdout } = await run(process.execPath, ['examples/review.ts'], { cwd: root });
  const listing = await readFile(join(root, 'test/fixtures/review-summary.txt'), 'utf8');
  expect(stdout.startsWith(listing.trimEnd())).toBe(true);
  expect(stdout).toContain('\n[ 2, 1000 ]\n');
}, 120_000);
