/** Licences of what a bundle carries, to be published with it. */
import type { Metafile } from 'esbuild';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { byCodePoint } from '../src/base/order.ts';
import { root } from './on-node.ts';

/** Folders of packages whose code is in bundles. */
export function packagesIn({ outputs }: Metafile): Set<string> {
  const inputs = Object.values(outputs).flatMap(({ inputs }) => Object.keys(inputs));
  return new Set(inputs.flatMap((path) => /^node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []));
}

/** The licence of this package, and those of others by their folders. */
export async function licences(packages: ReadonlySet<string>): Promise<string> {
  const own = await readFile(join(root, 'LICENSE'), 'utf8');
  return withLicences(`cardinal-nn\n\n${own}`, packages);
}

/** Licences of further packages behind a text of `licences`. */
export async function withLicences(text: string, packages: ReadonlySet<string>): Promise<string> {
  const others = [...packages].sort(byCodePoint).map(licenceOf);
  return [text, ...(await Promise.all(others))].join(`\n${'-'.repeat(80)}\n\n`);
}

async function licenceOf(path: string): Promise<string> {
  const name = path.slice('node_modules/'.length);
  const file = (await readdir(join(root, path))).find((file) => /^licen[cs]e/i.test(file));
  // A package may have its licence in its repository alone.
  const text = file === undefined ? `scripts/licences/${name.replace('/', '-')}.txt` : `${path}/${file}`;
  return `${name}\n\n${await readFile(join(root, text), 'utf8')}`;
}
