/** Compiles the library into `dist/src/`, in which nothing stays of sources that are gone. */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './on-node.ts';

rmSync(join(root, 'dist/src'), { recursive: true, force: true });
const compiler = join(root, 'node_modules/typescript/bin/tsc');
const settings = join(root, 'tsconfig.build.json');
const { status, error } = spawnSync(process.execPath, [compiler, '-p', settings], { stdio: 'inherit' });
if (error !== undefined) throw error;
process.exitCode = status ?? 1;
