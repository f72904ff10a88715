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

let project: string;
beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'cardinal-consumer-'));
  await mkdir(join(project, 'node_modules/@types'), { recursive: true });
  await symlink(root, join(project, 'node_modules/cardinal-nn'), 'junction');
  await symlink(
    join(root, 'node_modules/@types/node'),
    join(project, 'node_modules/@types/node'),
    'junction',
  );
  await writeFile(join(project, 'package.json'), JSON.stringify({ type: 'module' }));
  await writeFile(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions: settings }));
});
afterAll(() => rm(project, { recursive: true }));

/** What the compiler says of the program; nothing if it is right. */
function compile(program: string): Promise<string> {
  return writeFile(join(project, 'program.ts'), program).then(
    () =>
      new Promise((resolve) => {
        const tsc = join(root, 'node_modules/typescript/bin/tsc');
        execFile(process.execPath, [tsc, '-p', project], (error, stdout, stderr) => {
          resolve(error === null ? '' : `${stdout}${stderr}` || error.message);
        });
      }),
  );
}

describe('TypeScript in the documents', () => {
  it.each(blocks.map(({ file, line, text }) => [`${file}:${line}`, text] as const))(
    'compiles against the built package: %s',
    async (_, text) => {
      expect(await compile(text)).toBe('');
    },
    120_000,
  );

  it('is compiled: a mistake is found', async () => {
    const mistake = `import { createModel } from 'cardinal-nn';\ncreateModel(7);\n`;
    expect(await compile(mistake)).toMatch(/program\.ts\(2,13\): error TS2345/m);
  }, 120_000);
});
