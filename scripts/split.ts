/**
 * Splits a script in two: one that is loaded first, and one with the modules that are asked for by `import('…')` alone. The second uses
 * what is in the first, with its state and its classes; but it must import nothing, since bundlers rename scripts. So the first leaves
 * what the second uses in a global variable, and asks for a part of the second by `cardinalMore`, a global function of the engine's
 * (`src/web/engine/more.ts`).
 *
 * esbuild splits the modules into chunks. These are bundled once more: those that are needed at once, and the others.
 */
import { build, type BuildOptions, type Metafile, type Plugin } from 'esbuild';
import { createHash } from 'node:crypto';
import { basename } from 'node:path';

/** The two scripts, and what they were made of. */
export interface Split {
  readonly first: string;
  readonly more: string;
  readonly metafile: Metafile;
}

/** What a minified chunk imports of another, and what it asks for. */
const imported = /import\{([^}]*)\}from"\.\/([^"]+)"/g;
const askedFor = /import\("\.\/([^"]+)"\)/g;

export async function split(options: BuildOptions, entry: string): Promise<Split> {
  const { outputFiles, metafile } = await build({
    ...options,
    ...{ entryPoints: [entry], format: 'esm', splitting: true, chunkNames: '[name]-[hash]' },
    ...{ write: false, metafile: true, banner: {} },
  });
  const chunks = new Map(outputFiles.map(({ path, text }) => [basename(path), text]));
  const textOf = (name: string): string => chunks.get(name) ?? '';
  const main = basename(entry).replace(/\.ts$/, '.js');
  const atOnce = new Set([main]);
  // What is added is looked at as well.
  for (const name of atOnce) {
    for (const { path, kind } of importsOf(metafile, name)) {
      if (kind === 'import-statement') atOnce.add(basename(path));
    }
  }
  const later = [...chunks.keys()].filter((name) => !atOnce.has(name));
  const parts = new Set(
    [...chunks.values()].flatMap((text) => [...text.matchAll(askedFor)].map(([, name]) => name)),
  );
  /** Names that the second script uses, by chunk of the first. */
  const used = new Map<string, Set<string>>();
  for (const [, names, chunk] of later.flatMap((name) => [...textOf(name).matchAll(imported)])) {
    if (!atOnce.has(chunk)) continue;
    const known = used.get(chunk) ?? new Set();
    for (const name of names.split(',')) known.add(name.replace(/ as .*/, ''));
    used.set(chunk, known);
  }
  // Where names are those of another build, nothing must be found.
  const hash = createHash('sha256');
  for (const name of atOnce) hash.update(textOf(name));
  const place = `globalThis["cardinal-nn ${hash.digest('hex').slice(0, 16)}"]`;

  const shared = [...used].map(([chunk, names], index) => ({ chunk, names: [...names], index }));
  const first = [
    ...shared.map(({ chunk, index }) => `import * as shared${index} from './${chunk}';`),
    `${place} = [${shared.map(({ names, index }) => `{ ${names.map((name) => `${name}: shared${index}.${name}`).join(', ')} }`).join(', ')}];`,
    `import './${main}';`,
  ];
  const more = [...parts].map((name) => `export * as ${partOf(name)} from './${name}';`);
  const ofFirst = new Map(
    shared.map(({ chunk, names, index }) => [
      chunk,
      `export const { ${names.join(', ')} } = ${place}[${index}];`,
    ]),
  );
  const bundled = async (lines: readonly string[], contentsOf: (name: string) => string): Promise<string> => {
    const { outputFiles } = await build({
      ...options,
      ...{ format: 'esm', write: false, plugins: [virtual(contentsOf)] },
      stdin: { contents: lines.join('\n'), resolveDir: '/' },
    });
    return outputFiles[0].text;
  };
  return {
    first: await bundled(first, textOf),
    more: await bundled(more, (name) => (atOnce.has(name) ? (ofFirst.get(name) ?? '') : textOf(name))),
    metafile,
  };
}

function importsOf({ outputs }: Metafile, name: string): Metafile['outputs'][string]['imports'] {
  return Object.entries(outputs).find(([path]) => basename(path) === name)?.[1].imports ?? [];
}

/** What a chunk is called among what the second script exports. */
function partOf(chunk: string): string {
  return chunk.replace(/\.js$/, '').replaceAll(/\W/g, '_');
}

/** Modules that are on no disk; each part that is asked for is one of the second script. */
function virtual(contentsOf: (name: string) => string): Plugin {
  return {
    name: 'chunks',
    setup(build) {
      build.onResolve({ filter: /^\.\// }, ({ path }) => ({ path: path.slice(2), namespace: 'chunks' }));
      build.onLoad({ filter: /./, namespace: 'chunks' }, ({ path }) => ({
        contents: contentsOf(path).replaceAll(
          askedFor,
          (_, name: string) => `globalThis.cardinalMore("${partOf(name)}")`,
        ),
      }));
    },
  };
}
