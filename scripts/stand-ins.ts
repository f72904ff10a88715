import type { Plugin } from 'esbuild';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Modules that stand for others in a bundle: what a script of a page can never use is left out of it. Both are below `src/`, and
 * the one has all names of the other that are imported, or the build fails.
 */
export function standIns(root: string, places: Readonly<Record<string, string>>): Plugin {
  return {
    name: 'stand-ins',
    setup({ onLoad }) {
      for (const [place, standIn] of Object.entries(places)) {
        const path = join(root, 'src', place);
        onLoad({ filter: new RegExp(`${place}$`) }, (file) =>
          file.path === path
            ? { contents: `export * from ${JSON.stringify(join(root, 'src', standIn))};` }
            : undefined,
        );
      }
    },
  };
}

/** Leaves out what definitions of kernels' arguments say in words: only the kernels' sources, generated from them, show it. */
export const withoutWords: Plugin = {
  name: 'without-words',
  setup({ onLoad }) {
    onLoad({ filter: /[/\\]backends[/\\]wasm[/\\]args[/\\][\w-]+\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      const field = /(?<=[:=] (?:int|flag|pointer|optionalPointer|f32|f64|list)\(\s*)'(?:[^'\\]|\\.)*'/g;
      return { contents: source.replace(field, "''"), loader: 'ts' };
    });
  },
};
