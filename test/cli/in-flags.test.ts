import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from 'vite';
import { describe, expect, it } from 'vitest';
import { flagOptions, inFlags } from '../../src/cli/output/in-flags.ts';

const root = join(import.meta.dirname, '../..');

describe('what the library says of options, to who gave flags', () => {
  it.each([
    ['name it with `model`', 'name it with --model'],
    [
      'a/run holds a run already: continue it with `resume`, or choose another folder with `out`',
      'a/run holds a run already: continue it with --resume a/run, or choose another folder with --out',
    ],
    ["to train, `head: 'reset'` begins anew", 'to train, --head reset begins anew'],
    ['use `batchSize: 1` and `learningRate: 0.1`', 'use --batch-size 1 and --lr 0.1'],
    ['`options.numClasses: 7`: leave it out', '--set numClasses=7: leave it out'],
    ['leave `options.inChannels` out', 'leave --set inChannels out'],
    ['`takeOver: true`, `verify: false`', '--take-over, --no-verify'],
    ['give `preprocessing`', 'give --mean and --std'],
    ["begin with `weights: 'runs/a b/best.safetensors'`", 'begin with --weights runs/a b/best.safetensors'],
    ['expected mse (in a program, or a function) for numbers', 'expected mse for numbers'],
    // No options: commands, and what is somebody else's.
    ['see `cardinal models`, or `x`', 'see `cardinal models`, or `x`'],
    ['no `model.onnx` here', 'no `model.onnx` here'],
  ])('%s', (said, told) => {
    expect(inFlags(said)).toBe(told);
  });

  it('speaks of flags that there are', () => {
    const commands = globSync('src/cli/**/*.ts', { cwd: root }).map((file) =>
      readFileSync(join(root, file), 'utf8'),
    );
    for (const flag of Object.values(flagOptions).flatMap((words) => words.split(' and --'))) {
      const defined = new RegExp(`['"\`](-., )?--(no-)?${flag}['"\` ]`);
      expect([flag, commands.some((text) => defined.test(text))]).toEqual([flag, true]);
    }
  });
});

/** Texts of a source: strings, and templates with … for what is filled in. Comments are none. */
function textsIn(file: string): string[] {
  const texts: string[] = [];
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    const { type, value, quasis } = node as { type?: unknown; value?: unknown; quasis?: unknown };
    if (type === 'Literal' && typeof value === 'string') texts.push(value);
    if (type === 'TemplateLiteral') {
      texts.push((quasis as { value: { cooked: string } }[]).map((quasi) => quasi.value.cooked).join('…'));
    }
    for (const child of Object.values(node)) visit(child);
  };
  visit(parseSync(file, readFileSync(join(root, file), 'utf8')).program);
  return texts;
}

describe('messages of the library', () => {
  const sources = globSync('src/**/*.ts', { cwd: root }).filter(
    (file) => !/^src\/cli\/|\/(kernels|args|openapi)\/|_pb\.ts$/.test(file),
  );
  const texts = sources.flatMap((file) => textsIn(file).map((text) => ({ file, text })));

  it('name no flags: who reads them may have written a program', () => {
    // Of a whole command (`cardinal eval --calibrate`), of a style sheet, or of another program.
    const other =
      /cardinal [a-z]+ [^:;]*--|var\(--|--[a-z]+:|npm install --|tar --|pack it without --sparse|--external:|--mca|^--no-…$/;
    const naming = texts.filter(({ text }) => /(^|[\s('"`])--[a-z]/.test(text) && !other.test(text));
    expect(naming).toEqual([]);
    expect(texts.length).toBeGreaterThan(10_000);
  });

  it('name options that the command line knows as flags', () => {
    const named = texts.flatMap(({ file, text }) =>
      [...text.matchAll(/`([a-z][A-Za-z]*)(?:\.[A-Za-z]+)?(?:: [^`]*)?`/g)].map(([, option]) => ({
        file,
        option,
      })),
    );
    expect(named.filter(({ option }) => !Object.hasOwn(flagOptions, option))).toEqual([]);
    expect(new Set(named.map(({ option }) => option)).size).toBeGreaterThan(10);
  });
});
