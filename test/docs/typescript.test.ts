import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../cli/cardinal.ts';
import { blocksOf, documents } from './blocks.ts';

/** A project that has the package installed and uses it in TypeScript, as strictly as it gets. */
const settings = {
  target: 'es2022',
  module: 'nodenext',
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noEmit: true,
};

const blocks = documents.flatMap(blocksOf).filter(({ kind }) => kind === 'ts');

const mistake = `import { createModel } from 'cardinal-nn';\ncreateModel(7);\n`;

let project: string;
/** The compiler's errors of each program. */
let said: readonly (readonly string[])[];
beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'cardinal-consumer-'));
  await mkdir(join(project, 'node_modules/@types'), { recursive: true });
  await symlink(root, join(project, 'node_modules/cardinal-nn'), 'junction');
  // What its programs use beside the package.
  for (const other of ['@types/node', 'fastify']) {
    await symlink(join(root, 'node_modules', other), join(project, 'node_modules', other), 'junction');
  }
  await writeFile(join(project, 'package.json'), JSON.stringify({ type: 'module' }));
  await writeFile(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions: settings }));
  said = await compile([...blocks.map(({ text }) => text), mistake]);
});
afterAll(() => rm(project, { recursive: true }));

/** Compiles programs at once, as modules that know nothing of each other. */
async function compile(programs: readonly string[]): Promise<string[][]> {
  const names = programs.map((_, n) => `program${n}.ts`);
  for (const [n, name] of names.entries()) await writeFile(join(project, name), programs[n]);
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const errors = await new Promise<string[]>((resolve) => {
    execFile(process.execPath, [tsc, '-p', '.'], { cwd: project }, (error, stdout, stderr) => {
      // An error goes on in lines that are indented.
      resolve(error === null ? [] : (`${stdout}${stderr}` || error.message).trim().split(/\n(?! )/));
    });
  });
  // What is not of another program, such as an error of the settings, is of each.
  const isOf = (error: string, name: string): boolean => error.startsWith(`${name}(`);
  return names.map((name) =>
    errors.filter((error) => isOf(error, name) || !names.some((other) => isOf(error, other))),
  );
}

describe('TypeScript in the documents', () => {
  it.each(blocks.map(({ file, line }, n) => [`${file}:${line}`, n] as const))(
    'compiles against the built package: %s',
    (_, n) => {
      expect(said[n]).toEqual([]);
    },
  );

  it('is compiled: a mistake is found', () => {
    expect(said.at(-1)?.join('\n')).toMatch(/^program\d+\.ts\(2,13\): error TS2345/m);
  });
});
