import type { Plugin } from 'esbuild';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import ts from 'typescript';

/**
 * Plugins of esbuild that leave out of a script what it can never use; what it may use later is left out by `split.ts`.
 *
 * `standIns`: modules that stand for others, by the place of the other below `src/`, or its name if it is a package's. A stand-in has all
 * names that are imported of the other, or the build fails.
 */
export function standIns(root: string, places: Readonly<Record<string, string>>): Plugin {
  return {
    name: 'stand-ins',
    setup(build) {
      for (const [place, standIn] of Object.entries(places)) {
        const path = join(root, 'src', standIn);
        if (place.endsWith('.ts')) {
          build.onLoad({ filter: new RegExp(`${place}$`) }, (file) =>
            file.path === join(root, 'src', place)
              ? { contents: `export * from ${JSON.stringify(path)};` }
              : undefined,
          );
        } else build.onResolve({ filter: new RegExp(`^${place}$`) }, () => ({ path }));
      }
    },
  };
}

/** Leaves out what definitions of kernels' arguments say in words: only the kernels' sources, generated from them, show it. */
export const withoutWords: Plugin = {
  name: 'without-words',
  setup(build) {
    build.onLoad({ filter: /[/\\]backends[/\\]wasm[/\\]args[/\\][\w-]+\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      const field = /(?<=[:=] (?:int|flag|pointer|optionalPointer|f32|f64|list)\(\s*)'(?:[^'\\]|\\.)*'/g;
      return { contents: source.replace(field, "''"), loader: 'ts' };
    });
  },
};

/** Leaves out what the definitions of operations say of gradients: a network that is only run has none. */
export const withoutGradients: Plugin = {
  name: 'without-gradients',
  setup(build) {
    build.onLoad({ filter: /[/\\]graph[/\\]ops[/\\][\w-]+\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      const spans: [number, number][] = [];
      const visit = (node: ts.Node): void => {
        if (ts.isObjectLiteralExpression(node)) {
          for (const member of node.properties) {
            const name = member.name !== undefined && ts.isIdentifier(member.name) ? member.name.text : '';
            if (name === 'gradient' || name.includes('_backward')) spans.push([member.pos, member.end + 1]);
            else visit(member);
          }
        } else ts.forEachChild(node, visit);
      };
      visit(ts.createSourceFile(path, source, ts.ScriptTarget.Latest, true));
      const contents = spans.reduceRight((text, [from, to]) => text.slice(0, from) + text.slice(to), source);
      return { contents, loader: 'ts' };
    });
  },
};
