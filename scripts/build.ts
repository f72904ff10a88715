/**
 * Builds the kernels, the library, what pages load, and the studio: `npm run build`. Does nothing if what it would be made of, what makes
 * it and what was made are, by their bytes, those of the last build, since npm asks for a build after an installation and again before the
 * tests.
 */
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { byCodePoint } from '../src/base/order.ts';
import { finish, root } from './on-node.ts';

/** Each by its script. None reads what another one of its row writes; the studio's page bundles what the first row made. */
const rows = [['kernels', 'ts', 'web'], ['studio']];
const record = join(root, 'dist/build.json');
const generated = 'src/backends/wasm/kernels/*.generated.ts';

interface Build {
  readonly node: string;
  /** SHA-256 of sources, settings and installed tools. */
  readonly from: string;
  /** SHA-256 of all that was built. */
  readonly made: string;
}

if (isBuilt()) console.log('dist is built of these sources already');
else await build();

async function build(): Promise<void> {
  rmSync(record, { force: true });
  const { from } = current();
  for (const parts of rows) {
    const built = await Promise.all(
      parts.map((part) => finish(process.execPath, [`scripts/build-${part}.ts`])),
    );
    for (const { stdout, stderr } of built) {
      process.stdout.write(stdout);
      process.stderr.write(stderr);
    }
    const failed = parts.filter((_, index) => built[index].code !== 0);
    if (failed.length > 0) {
      console.error(`not built: ${failed.join(', ')}`);
      process.exitCode = 1;
      return;
    }
  }
  mkdirSync(join(root, 'dist'), { recursive: true });
  // Sources that were changed meanwhile are built the next time.
  writeFileSync(record, JSON.stringify({ ...current(), from }));
}

function isBuilt(): boolean {
  return existsSync(record) && readFileSync(record, 'utf8') === JSON.stringify(current());
}

function current(): Build {
  const sources = globSync(['data/**/*', 'src/**/*', 'scripts/**/*', 'studio/**/*'], {
    cwd: root,
    exclude: [generated],
  });
  const settings = ['LICENSE', 'package.json', 'tsconfig.json', 'tsconfig.build.json'];
  return {
    node: process.version,
    from: digest([...sources, ...settings, 'node_modules/.package-lock.json']),
    made: digest(globSync([generated, 'dist/{html,kernels,src,studio,web}/**/*'], { cwd: root })),
  };
}

/** Of names and contents. */
function digest(paths: readonly string[]): string {
  const hash = createHash('sha256');
  for (const path of paths.toSorted(byCodePoint)) {
    const content = contentOf(path);
    if (content !== undefined) hash.update(`${path} ${content.length} `).update(content);
  }
  return hash.digest('hex');
}

/** Undefined of a folder, and of what is not there. */
function contentOf(path: string): Uint8Array | undefined {
  try {
    return readFileSync(join(root, path));
  } catch {
    return undefined;
  }
}
