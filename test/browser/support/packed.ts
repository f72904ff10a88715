import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
export const root = fileURLToPath(new URL('../../..', import.meta.url));
const windows = process.platform === 'win32';

/** The package as npm packs it. */
export interface Packed {
  /** Its folder, unpacked. */
  readonly folder: string;
  readonly version: string;
  /** A copy of one of `examples/web`, with this package and the named others installed: its folder. */
  project(example: string, ...packages: readonly string[]): Promise<string>;
  remove(): Promise<void>;
}

/** Packs the built package and unpacks it elsewhere, so that nothing is found but what is published. */
export async function packPackage(): Promise<Packed> {
  const place = await mkdtemp(join(tmpdir(), 'cardinal-packed-'));
  const options = { cwd: root, shell: windows };
  const { stdout } = await run(
    'npm',
    ['pack', '--ignore-scripts', '--silent', '--pack-destination', place],
    options,
  );
  await run('tar', ['-xzf', stdout.trim()], { cwd: place });
  const folder = join(place, 'package');
  const { version, dependencies } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
    version: string;
    dependencies: Record<string, string>;
  };
  return {
    ...{ folder, version },
    project: async (example, ...packages) => {
      const project = join(place, example);
      await cp(join(root, 'examples/web', example), project, { recursive: true });
      const modules = join(project, 'node_modules');
      await mkdir(modules);
      await cp(folder, join(modules, 'cardinal-nn'), { recursive: true });
      for (const name of [...Object.keys(dependencies), ...packages]) {
        await mkdir(dirname(join(modules, name)), { recursive: true });
        await symlink(join(root, 'node_modules', name), join(modules, name), 'junction');
      }
      return project;
    },
    remove: () => rm(place, { recursive: true, force: true, maxRetries: 5 }),
  };
}
