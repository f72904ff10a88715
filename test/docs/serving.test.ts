import type { FastifyInstance } from 'fastify';
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod/mini';
import { createModel } from '../../src/models/registry.ts';
import { saveWeights } from '../../src/node/weights.ts';
import { createServer } from '../../src/serve/create-server.ts';
import { root } from '../cli/cardinal.ts';
import { blocksOf, commandsOf } from './blocks.ts';
import { readCommand } from './command-line.ts';

/** The requests of docs/serving.md, and what stands in examples/serve, against a server of this process. */
const run = promisify(execFile);
const hasCurl = spawnSync('curl', ['--version']).status === 0;
if (!hasCurl) console.log('requests of docs/serving.md: skipped, there is no curl');

const blocks = blocksOf('docs/serving.md');
const shell = blocks.filter(({ kind, text }) => kind === 'sh' && text.includes('curl'));
const programs = blocks.filter(({ kind, text }) => kind === 'ts' && text.includes('fetch('));

let folder: string;
let server: FastifyInstance;
let address: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cardinal-serving-'));
  const options = { numClasses: 3, layers: [1, 1, 1], planes: 8, cardinality: 2, baseWidth: 8 };
  await saveWeights(createModel('resnext_cifar', options).initialize(1), join(folder, 'w.safetensors'));
  for (const name of ['cat.jpg', 'dog.jpg']) {
    await sharp({ create: { width: 40, height: 30, channels: 3, background: '#a0b0c0' } }).toFile(
      join(folder, name),
    );
  }
  server = await createServer({
    models: [
      {
        ...{ weights: join(folder, 'w.safetensors'), name: 'demo', model: 'resnext_cifar', options },
        ...{ mean: [0, 0, 0], std: [1, 1, 1], imageSize: 12, classes: ['Dress', 'Coat', 'Shirt'] },
      },
    ],
  });
  address = new URL(await server.listen({ port: 0 })).host;
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

const here = (text: string): string => text.replaceAll('127.0.0.1:8080', address);
/** What fails at a status that is not success. */
const strict = 'curl() { command curl --silent --show-error --fail "$@"; }; set -e;';

describe('requests of docs/serving.md', () => {
  it('are there', () => {
    expect(shell.length).toBeGreaterThan(3);
    expect(programs.length).toBeGreaterThan(0);
  });

  it.skipIf(!hasCurl).each(shell.map(({ line, text }) => [line, text] as const))(
    'line %i is answered',
    async (_, text) => {
      const { stdout } = await run('sh', ['-c', `${strict}\n${here(text)}`], { cwd: folder });
      expect(stdout).not.toBe('');
      if (text.includes('/classify')) expect(stdout).toContain('"predictions":[{"class":"');
      if (text.includes('explained.png')) {
        expect((await sharp(await readFile(join(folder, 'explained.png'))).metadata()).format).toBe('png');
      }
      if (text.includes('/infer')) {
        expect(JSON.parse(stdout)).toMatchObject({ outputs: [{ name: 'classes', shape: [1] }] });
      }
    },
  );

  it.each(programs.map(({ line, text }) => [line, text] as const))(
    'the program in line %i prints its answer',
    async (line, text) => {
      const file = join(folder, `program-${line}.ts`);
      await writeFile(file, here(text));
      const { stdout } = await run(process.execPath, [file], { cwd: folder });
      expect(stdout).toMatch(/model_name: 'demo'[\s\S]*name: 'probabilities'/);
    },
  );
});

const example = (name: string): string => readFileSync(join(root, 'examples/serve', name), 'utf8');
const program = 'node_modules/cardinal-nn/bin/cardinal.js';
const seconds = (args: readonly string[], flag: string, otherwise: number): number => {
  const at = args.findIndex((arg) => arg === flag || arg.startsWith(`${flag}=`));
  return at < 0 ? otherwise : Number(args[at].split('=')[1] ?? args[at + 1]);
};
/** Seconds that `serve` may take to end. */
const toEnd = (args: readonly string[]): number =>
  seconds(args, '--drain-delay', 0) + seconds(args, '--grace', 7) + 2.5;

describe('examples/serve', () => {
  const manifest = z.object({ bin: z.record(z.string(), z.string()) });
  it('start what the package has', () => {
    const { bin } = manifest.parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));
    expect(program).toBe(`node_modules/cardinal-nn/${bin['cardinal']}`);
    expect(existsSync(join(root, 'bin/cardinal.js'))).toBe(true);
  });

  it('Dockerfile: node itself is the first process, and the command is one of serve', async () => {
    const text = example('Dockerfile');
    const listed = (word: string): string[] =>
      z.array(z.string()).parse(JSON.parse(new RegExp(`^${word} (\\[.*\\])$`, 'm').exec(text)?.[1] ?? ''));
    expect(listed('ENTRYPOINT')).toEqual(['node', program, 'serve']);
    await readCommand(['serve', ...listed('CMD')]);
    // What is copied: what `npm install` and the user put there.
    expect([...text.matchAll(/^COPY (.*) \S+$/gm)].map(([, from]) => from)).toEqual([
      'package.json package-lock.json',
      'models/',
    ]);
  });

  it('compose.yaml: serve with its flags, a health check that passes, and time to end', async () => {
    const { services } = z
      .object({
        services: z.object({
          cardinal: z.looseObject({
            command: z.array(z.string()),
            healthcheck: z.looseObject({ test: z.array(z.string()) }),
            stop_grace_period: z.string(),
          }),
        }),
      })
      .parse(parse(example('compose.yaml')));
    const { command, healthcheck, stop_grace_period: grace } = services.cardinal;
    await readCommand(['serve', ...command]);
    expect(parseInt(grace)).toBeGreaterThan(toEnd(command));
    const [kind, node, ...args] = healthcheck.test;
    expect([kind, node]).toEqual(['CMD', 'node']);
    await run(process.execPath, args.map(here));
    const elsewhere = args.map((arg) => arg.replace('/ready', '/gone').replace('127.0.0.1:8080', address));
    await expect(run(process.execPath, elsewhere)).rejects.toThrow();
  });

  it('inference-service.yaml: serve with its flags, probes that are answered, and time to end', async () => {
    const probe = z.looseObject({ httpGet: z.object({ path: z.string(), port: z.int() }) });
    const { spec } = z
      .looseObject({
        spec: z.object({
          predictor: z.object({
            terminationGracePeriodSeconds: z.int(),
            containers: z.array(
              z.looseObject({
                name: z.literal('kserve-container'),
                args: z.array(z.string()),
                readinessProbe: probe,
                livenessProbe: probe,
                ports: z.tuple([z.looseObject({ containerPort: z.int() })]),
              }),
            ),
          }),
        }),
      })
      .parse(parse(example('inference-service.yaml')));
    const { containers, terminationGracePeriodSeconds } = spec.predictor;
    expect(containers).toHaveLength(1);
    const [{ args, readinessProbe, livenessProbe, ports }] = containers;
    await readCommand(['serve', ...args]);
    expect(terminationGracePeriodSeconds).toBeGreaterThan(toEnd(args));
    for (const { httpGet } of [readinessProbe, livenessProbe]) {
      expect(httpGet.port).toBe(ports[0].containerPort);
      expect((await server.inject(httpGet.path)).statusCode).toBe(200);
    }
  });

  it('cardinal.service: serve with its flags, time to end, and a unit that systemd reads', async () => {
    const text = example('cardinal.service');
    const start = /^ExecStart=(.*)$/m.exec(text)?.[1] ?? '';
    const [[node, script, ...args]] = commandsOf(start);
    expect([node, script]).toEqual(['/usr/bin/node', program]);
    await readCommand(args);
    expect(Number(/^TimeoutStopSec=(\d+)$/m.exec(text)?.[1])).toBeGreaterThan(toEnd(args));
    expect(text).toMatch(/^SuccessExitStatus=143$/m);
    if (spawnSync('systemd-analyze', ['--version']).status !== 0 || !existsSync('/usr/bin/node')) {
      console.log('cardinal.service: not read by systemd, which is not here');
      return;
    }
    const unit = join(root, 'examples/serve/cardinal.service');
    const { stderr } = await run('systemd-analyze', ['verify', unit]);
    expect(stderr).not.toMatch(/cardinal\.service/);
  });
});
