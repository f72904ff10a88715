import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../cli/cardinal.ts';

/** A piece of code in a document. */
export interface Block {
  /** Of the document, below the repository. */
  readonly file: string;
  readonly line: number;
  /** Of a fence: what stands behind it; `indented` or `inline` without one. */
  readonly kind: string;
  readonly text: string;
}

/** Documents whose code is for today. The log keeps what was run in its time. */
export const documents: readonly string[] = [
  ...['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'],
  ...globSync(['docs/**/*.md', 'src/**/README.md'], { cwd: root }).filter(
    (path) => path !== join('docs', 'LOG.md'),
  ),
];

/** All code of a document, in its order. */
export function blocksOf(file: string): Block[] {
  const lines = readFileSync(join(root, file), 'utf8').split('\n');
  const blocks: Block[] = [];
  let open: { kind: string; line: number; lines: string[] } | undefined;
  const close = (): void => {
    if (open !== undefined)
      blocks.push({ file, line: open.line, kind: open.kind, text: open.lines.join('\n') });
    open = undefined;
  };
  for (const [index, line] of lines.entries()) {
    const fence = /^```(.*)$/.exec(line);
    if (open !== undefined && open.kind !== 'indented') {
      if (fence) close();
      else open.lines.push(line);
      continue;
    }
    if (fence) {
      close();
      open = { kind: fence[1].trim(), line: index + 1, lines: [] };
    } else if (/^ {4}\S/.test(line)) {
      open ??= { kind: 'indented', line: index + 1, lines: [] };
      open.lines.push(line.slice(4));
    } else {
      close();
      for (const [, text] of line.matchAll(/`([^`]+)`/g))
        blocks.push({ file, line: index + 1, kind: 'inline', text });
    }
  }
  close();
  return blocks;
}

/** The commands of a shell block, each as its words: continued lines are joined, comments left out. */
export function commandsOf(text: string): string[][] {
  return text
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .flatMap((line) => line.replace(/(^|\s)#\s.*$/, '').split('&&'))
    .map((command) =>
      Array.from(command.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g), ([word]) =>
        word.replace(/^(['"])(.*)\1$/s, '$2'),
      ),
    )
    .filter((words) => words.length > 0);
}

/** They start as many of a command as they are told to. */
const launchers = new Set(['mpirun', 'srun']);

/** What a command hands to `cardinal`, if it is one of its; also under a launcher of MPI. */
export function cardinalArguments(words: readonly string[]): string[] | undefined {
  const [first, second, ...rest] = launchers.has(words[0]) ? words.slice(words.indexOf('npx')) : words;
  if (first === 'cardinal') return words.slice(1);
  return first === 'npx' && (second === 'cardinal' || second === 'cardinal-nn') ? rest : undefined;
}
