/**
 * Packs the built package as npm publishes it and has publint and "are the types wrong?" look at it: `npm run check:package`.
 * CommonJS gets it by `import()` (or by `require` of a Node that can require ES modules), hence attw's profile.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'cardinal-package-'));
try {
  // Without scripts: packing would build once more.
  run('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder]);
  const packed = join(folder, readdirSync(folder)[0]);
  run('npx', ['--no-install', 'publint', 'run', packed, '--strict']);
  run('npx', ['--no-install', 'attw', packed, '--profile', 'esm-only', '--format', 'ascii', '--quiet']);
} finally {
  rmSync(folder, { recursive: true });
}

function run(command: string, args: readonly string[]): void {
  const { status, error } = spawnSync(command, args, {
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (error !== undefined) throw error;
  if (status !== 0) process.exitCode = 1;
}
