import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod/mini';
import { cardinal, root } from '../cli/cardinal.ts';
import { blocksOf, cardinalArguments, commandsOf, documents } from './blocks.ts';
import { readCommand } from './command-line.ts';

const manifest = z.object({
  name: z.string(),
  engines: z.object({ node: z.string() }),
  bin: z.record(z.string(), z.string()),
  scripts: z.record(z.string(), z.string()),
});
const ours = manifest.parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));

const blocks = documents.flatMap(blocksOf);
const shell = blocks.filter(({ kind }) => kind === 'sh');
const commandWord = /^(?:npx|npm|node|cardinal|git|env|apt-get|mpirun|srun)\s/;
/** In running text a command is there as a whole, or it is only named (`cardinal study`). */
const inline = blocks.filter(({ kind, text }) => kind === 'inline' && /^(?:npx |npm run )/.test(text));

describe('code in the documents', () => {
  it('says what language it is in', () => {
    for (const { file, line, kind, text } of blocks) {
      if (kind === 'inline') continue;
      expect(['ts', 'sh', 'text', 'indented'], `${file}:${line}`).toContain(kind);
      if (kind === 'indented') {
        for (const row of text.split('\n'))
          expect(row, `${file}:${line}: use a \`\`\`sh block`).not.toMatch(commandWord);
      }
    }
    expect(shell.length).toBeGreaterThan(10);
    expect(blocks.filter(({ kind }) => kind === 'ts').length).toBeGreaterThan(0);
  });

  it.each(
    [...shell, ...inline].flatMap(({ file, line, text }) =>
      commandsOf(text).map((words) => [`${file}:${line}`, words.join(' '), words] as const),
    ),
  )('%s: %s', async (_, __, words) => {
    const args = cardinalArguments(words);
    if (args !== undefined) await readCommand(args);
    else checkOther(words);
  });
});

/** A command of another program: the script, package or file that it names is there. */
function checkOther(words: readonly string[]): void {
  const [program, ...args] =
    words[0] === 'env' ? words.slice(words.findIndex((word) => word === 'npm')) : words;
  switch (program) {
    case 'npm': {
      const [verb, what] = args;
      if (verb === 'run') expect(Object.keys(ours.scripts)).toContain(what);
      else if (verb === 'start' || verb === 'test') expect(Object.keys(ours.scripts)).toContain(verb);
      else if (verb === 'install') expect(what).toBe(ours.name);
      else expect(verb).toBe('ci');
      const prefix = args[args.indexOf('--prefix') + 1];
      if (args.includes('--prefix')) expect(existsSync(join(root, prefix, 'package-lock.json'))).toBe(true);
      return;
    }
    case 'node':
      expect(existsSync(join(root, args[0])), args[0]).toBe(true);
      return;
    case 'npx':
      expect(args.slice(0, 2)).toEqual(['vitest', 'run']);
      for (const file of args.slice(2)) expect(existsSync(join(root, file)), file).toBe(true);
      return;
    case 'apt-get':
      expect(args[0]).toBe('install');
      return;
    case 'curl':
    case 'printf':
    case '|':
      // Requests are sent in serving.test.ts, whole blocks of them.
      return;
    default:
      expect.unreachable(`what is ${words.join(' ')}?`);
  }
}

describe('examples in --help', () => {
  const names = globSync('*/command.ts', { cwd: join(root, 'src/cli') }).map(dirname);

  it.each(['', ...names])('of %s', async (name) => {
    const { stdout } = await cardinal([...(name === '' ? [] : [name]), '--help']);
    const examples = Array.from(stdout.matchAll(/^ {2}\$ (cardinal .*)$/gm), ([, line]) => line);
    expect(examples.length).toBeGreaterThan(0);
    for (const words of examples.flatMap(commandsOf)) await readCommand(cardinalArguments(words) ?? []);
  });
});

describe('one version of Node', () => {
  const oldest = /\d+/.exec(ours.engines.node)?.[0];

  it('is named in the documents and in messages: what the package needs', () => {
    const texts = [...documents, 'bin/cardinal.js', 'src/node/kernels.ts', 'src/cli/doctor/command.ts'].map(
      (file) => readFileSync(join(root, file), 'utf8'),
    );
    const named = texts.join('\n').matchAll(/Node (\d+) (?:or newer|on will do)/g);
    expect(new Set(Array.from(named, ([, version]) => version))).toEqual(new Set([oldest]));
    expect(readFileSync(join(root, 'bin/cardinal.js'), 'utf8')).toContain(`const oldestNode = ${oldest};`);
  });
});
