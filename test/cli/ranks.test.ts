import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod/mini';
import { parseCheckpoint, type Checkpoint } from '../../src/train/checkpoint.ts';
import { launchers, runJob, type Job, type Launcher } from '../node/mpi/support/jobs.ts';
import { relativeDistance } from '../support/compare.ts';
import { cardinal, root } from './cardinal.ts';
import { writePictures } from './pictures.ts';

// 42 pictures in batches of 10 and 15 to validate: nothing divides by the ranks. A ReLU whose input is as good as 0 falls on either side of
// it by a rounding, and then weights differ in more than roundings: the network is tiny, so that in twenty steps none is met.
const begin = [
  ...['train', 'pictures', '--model', 'resnext_cifar', '--image-size', '8', '--batch-size', '10'],
  ...['--set', 'layers=1,1,1', 'cardinality=2', 'baseWidth=8', 'planes=8', '--recipe', 'cifar'],
  ...['--ema', '0.9', '--checkpoint-every', '3', '--threads', '1', '--no-blas', '--seed', '3'],
];
const fiveEpochs = [...begin, '--epochs', '5', '--lr', '0.02'];
const longer = [...begin, '--epochs', '20', '--lr', '0.002', '--resume', 'auto'];

let folder: string;
const at = (...names: readonly string[]): string => join(folder, ...names);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cardinal-ranks-'));
  await writePictures(at('pictures'), { train: 14, val: 5 });
});
afterEach(() => rm(folder, { recursive: true, maxRetries: 5 }));

/** Each rank leaves its process id in a file, and `$rank` is for arguments that differ. */
const shell = 'rank=${PMI_RANK:-$OMPI_COMM_WORLD_RANK}; echo $$ > pid-$rank; eval "exec $*"';

function train(
  launcher: Launcher,
  ranks: number,
  args: readonly string[],
  onStderr?: (stderr: string) => void,
): Promise<Job> {
  const program = [process.execPath, join(root, 'bin/cardinal.js'), ...args];
  return runJob(launcher, ranks, ['sh', '-c', shell, 'rank', ...program], {}, folder, onStderr);
}

/** Sends rank 1 a signal once somebody wrote what matches. */
function signalOnce(pattern: RegExp, signal: NodeJS.Signals): (stderr: string) => void {
  let isSent = false;
  return (stderr) => {
    if (isSent || !pattern.test(stderr)) return;
    isSent = true;
    process.kill(Number(readFileSync(at('pid-1'), 'utf8')), signal);
  };
}

async function checkpoint(run: string): Promise<Checkpoint> {
  return parseCheckpoint(await readFile(at(run, 'last.safetensors')), run);
}

async function expectNear(run: string, expected: string, tolerance: number): Promise<void> {
  const [own, other] = [await checkpoint(run), await checkpoint(expected)];
  expect(own.training?.progress).toMatchObject({ step: other.training?.progress.step, batch: 0 });
  for (const [name, { data }] of other.state) {
    const found = own.state.get(name)?.data;
    if (!(found instanceof Float32Array && data instanceof Float32Array)) expect(found, name).toEqual(data);
    else expect(relativeDistance(found, data), name).toBeLessThan(tolerance);
  }
}

async function expectSame(run: string, expected: string): Promise<void> {
  for (const file of ['last.safetensors', 'best.safetensors']) {
    const [a, b] = await Promise.all([run, expected].map((each) => readFile(at(each, file))));
    expect(a.equals(b), file).toBe(true);
  }
}

/** The first rank alone prints; launchers of a busy machine add words of their own, before or after. */
function printedOnce(stdout: string): string {
  const documents = [...stdout.matchAll(/^\{$[^]*?^\}$/gm)];
  expect(documents, stdout).toHaveLength(1);
  return documents[0][0];
}

const summarySchema = z.object({
  evaluation: z.object({ total: z.number(), correct: z.number(), loss: z.number() }),
});
const share = z.object({ loss: z.number(), top1: z.number() });
const epochSchema = z.object({ train: share, validation: share });

async function epochs(run: string): Promise<z.infer<typeof epochSchema>[]> {
  const lines = (await readFile(at(run, 'metrics.jsonl'), 'utf8')).split('\n');
  return lines
    .filter((line) => line.includes('"type":"epoch"'))
    .map((line) => epochSchema.parse(JSON.parse(line)));
}

describe.skipIf(launchers.length === 0)('cardinal train under mpirun', () => {
  it('comes to the weights and figures of one process', async () => {
    const alone = await cardinal([...fiveEpochs, '--out', 'alone', '--json'], { cwd: folder });
    expect(alone.code, alone.stderr).toBe(0);
    const { evaluation: figures } = summarySchema.parse(JSON.parse(alone.stdout));
    const expected = await epochs('alone');
    for (const launcher of launchers) {
      const ranks = launcher.name === 'MPICH' ? 3 : 2;
      const out = `on-${ranks}`;
      const job = await train(launcher, ranks, [...fiveEpochs, '--out', out, '--json']);
      expect(job).toMatchObject({ code: 0, said: [] });
      const { evaluation } = summarySchema.parse(JSON.parse(printedOnce(job.stdout)));
      expect(evaluation).toMatchObject({ total: 15, correct: figures.correct });
      expect(evaluation.loss).toBeCloseTo(figures.loss, 5);
      await expectNear(out, 'alone', 1e-5);
      const conditions = (await checkpoint(out)).training?.conditions;
      expect(conditions?.map((each) => each.ranks)).toEqual([ranks]);
      const found = await epochs(out);
      expect(found).toHaveLength(5);
      for (const [n, { train: trained, validation }] of found.entries()) {
        expect(trained.top1).toBe(expected[n].train.top1);
        expect(validation.top1).toBe(expected[n].validation.top1);
        expect(validation.loss).toBeCloseTo(expected[n].validation.loss, 5);
      }
    }
  });

  it('goes on after a signal and after a rank was killed, with as many ranks to the byte', async () => {
    const [launcher] = launchers;
    expect(await train(launcher, 2, [...longer, '--out', 'whole'])).toMatchObject({ code: 0, said: [] });

    const asked = await train(launcher, 2, [...longer, '--out', 'cut'], signalOnce(/recipe/, 'SIGTERM'));
    expect(asked.code === 0, asked.stdout).toBe(false);
    expect(asked.stdout).toContain('continue with: mpirun -n 2 npx cardinal train --resume cut');
    const { step = 0 } = (await checkpoint('cut')).training?.progress ?? {};
    expect(step).toBeGreaterThan(0);

    const killed = await train(launcher, 2, [...longer, '--out', 'cut'], signalOnce(/continuing/, 'SIGKILL'));
    expect(killed.code === 0).toBe(false);
    await cp(at('cut'), at('other'), { recursive: true });

    expect(await train(launcher, 2, [...longer, '--out', 'cut'])).toMatchObject({ code: 0, said: [] });
    await expectSame('cut', 'whole');

    let said = '';
    await train(launcher, 3, ['train', '--resume', 'other', '--threads', '1'], (stderr) => (said = stderr));
    expect(said).toContain('warning: the run was computed by 2 ranks, here it goes on with 3 ranks: ');
    await expectNear('other', 'whole', 1e-4);
    const { code, stderr } = await cardinal(['train', '--resume', 'whole', '--no-sync-bn'], { cwd: folder });
    expect(code).toBe(2);
    expect(stderr).toContain('the run in whole has syncBatchNorm true, not false: ');
  });

  it('begins nothing where ranks differ, one has no data, or there are too many of them', async () => {
    const [launcher] = launchers;
    const refused = async (args: readonly string[], line: RegExp): Promise<void> => {
      const { code, said } = await train(launcher, 3, [...args, '--out', 'refused']);
      expect(code === 0).toBe(false);
      expect(said).toEqual([expect.stringMatching(line)]);
      await expect(readFile(at('refused/config.json'))).rejects.toThrow('ENOENT');
    };
    await refused(
      [...begin, '--lr', '0.0$((1 + (rank == 2)))'],
      /rank 2 \(process \d+ on \S+\) differs from the other ranks in settings\.recipe\.optimizer\.learningRate: expected 0\.01, got 0\.02; /,
    );
    await refused(
      begin.map((arg) => (arg === 'pictures' ? '$([ $rank = 1 ] && echo no-)pictures' : arg)),
      /^cardinal: rank 1 \(process \d+ on \S+\): no such folder: no-pictures/,
    );
    await refused(
      begin.map((arg) => (arg === '10' ? '2' : arg)),
      /^cardinal: a batch of 2 leaves some of 3 ranks without a picture: use a batch of at least 3, or fewer ranks$/,
    );
  });

  it.each(launchers)(
    'begins nothing under $name where ranks have other versions, or MPI is broken',
    async (launcher) => {
      const ended = async (env: string, program: string, line: RegExp): Promise<void> => {
        const { code, said } = await runJob(
          launcher,
          2,
          ['sh', '-c', shell, 'rank', 'env', env, process.execPath, program, ...begin, '--out', 'unbegun'],
          {},
          folder,
        );
        expect(code === 0).toBe(false);
        expect(said[0]).toMatch(line);
        // Open MPI's launcher may leave the second rank the time to say the same.
        expect(said.slice(1).filter((more) => !(launcher.name === 'Open MPI' && line.test(more)))).toEqual(
          [],
        );
        await expect(readdir(at('unbegun'))).rejects.toThrow('ENOENT');
      };
      await cp(join(root, 'dist/src'), at('other-version/dist/src'), { recursive: true });
      await cp(join(root, 'dist/kernels'), at('other-version/dist/kernels'), { recursive: true });
      await cp(join(root, 'bin'), at('other-version/bin'), { recursive: true });
      await cp(join(root, 'package.json'), at('other-version/package.json'));
      await rm(at('other-version/node_modules'), { force: true });
      await symlink(join(root, 'node_modules'), at('other-version/node_modules'));
      const versionFile = at('other-version/dist/src/base/version.js');
      const other = (await readFile(versionFile, 'utf8')).replace(/VERSION = '[^']*'/, "VERSION = '9.9.9'");
      await writeFile(versionFile, other);
      const programs = `$([ $rank = 1 ] && echo ${at('other-version')} || echo ${root})/bin/cardinal.js`;
      await ended(
        'A=1',
        programs,
        /^cardinal: rank 1 \(.*\) differs from the other ranks in version: expected \S+, got "?9\.9\.9/,
      );

      const source = join(root, 'test/node/mpi/support/broken.c');
      for (const [name, flags, line] of [
        ['bare', [], /^cardinal: .*bare\.so has no MPI_\w+: MPI 3 or newer is needed/],
        [
          'unstartable',
          ['-DUNSTARTABLE'],
          /^cardinal: .*MPI_Init_thread failed: no network \(Broken MPI 5\.0/,
        ],
      ] as const) {
        const library = at(`${name}.so`);
        const compiled = spawnSync('cc', ['-shared', '-fPIC', '-w', ...flags, '-o', library, source]);
        if (compiled.status === 0)
          await ended(`CARDINAL_MPI=${library}`, join(root, 'bin/cardinal.js'), line);
        else console.warn(`not tested: a broken MPI (${name}), for which cc is needed`);
      }
    },
  );

  it('leaves a whole run where MPI does not come back from its end', async () => {
    const [launcher] = launchers;
    const library = at('endless.so');
    const source = join(root, 'test/node/mpi/support/endless.c');
    const behind = launcher.name === 'MPICH' ? 'libmpich.so.12' : 'libmpi.so.40';
    const flags = ['-shared', '-fPIC', '-Wl,--no-as-needed', '-o', library, source, `-l:${behind}`];
    if (spawnSync('cc', flags).status !== 0) {
      console.warn('not tested: a run whose MPI does not end, for which cc is needed');
      return;
    }
    const args = [...begin, '--epochs', '1', '--out', 'endless'];
    const program = [
      'env',
      `CARDINAL_MPI=${library}`,
      process.execPath,
      join(root, 'bin/cardinal.js'),
      ...args,
    ];
    const job = await runJob(launcher, 2, program, {}, folder);
    expect(job).toMatchObject({ code: 0, said: [] });
    expect(job.stdout).toContain('the run is in endless');
    expect((await checkpoint('endless')).training?.progress).toMatchObject({ epoch: 1, batch: 0 });
    expect(await readFile(at('endless/report.html'), 'utf8')).toContain('</html>');
  });

  it('ends with one line where a loss is not finite or no picture can be read, and does without shared norms', async () => {
    const job = async (args: readonly string[], said: readonly unknown[]): Promise<void> => {
      const ended = await train(launchers[launchers.length - 1], 2, args);
      expect(ended.code === 0, ended.stdout).toBe(said.length === 0);
      expect(ended.said).toEqual(said);
    };
    await job(
      [...begin, '--epochs', '2', '--lr', '1e30', '--out', 'diverged'],
      [expect.stringMatching(/^cardinal: .*the loss is (NaN|Infinity)/)],
    );
    await cp(at('pictures'), at('unread'), { recursive: true });
    for (const file of await readdir(at('unread/val'), { recursive: true })) {
      if (file.endsWith('.png')) await truncate(at('unread/val', file), 60);
    }
    await job(
      [...begin.map((arg) => (arg === 'pictures' ? 'unread' : arg)), '--epochs', '1', '--out', 'none'],
      [
        expect.stringMatching(
          /^cardinal: none of the 15 pictures of unread\/val could be read; unread\/val\//,
        ),
      ],
    );
    await job([...fiveEpochs, '--no-sync-bn', '--out', 'own-norms'], []);
    expect((await checkpoint('own-norms')).training?.progress).toMatchObject({ epoch: 5, batch: 0 });
  });
});
