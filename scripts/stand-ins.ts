import type { Plugin } from 'esbuild';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import ts from 'typescript';

/**
 * Modules that stand for others in a bundle: what a script of a page can never use is left out of it. Both are below `src/`, and
 * the one has all names of the other that are imported, or the build fails.
 */
export function standIns(root: string, places: Readonly<Record<string, string>>): Plugin {
  return {
    name: 'stand-ins',
    setup(build) {
      for (const [place, standIn] of Object.entries(places)) {
        const path = join(root, 'src', place);
        build.onLoad({ filter: new RegExp(`${place}$`) }, (file) =>
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
