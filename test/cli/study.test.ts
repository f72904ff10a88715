import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod/mini';
import { fromCsv } from '../../src/study/csv.ts';
import { bundled, writeSome } from '../support/some-pictures.ts';
import { cardinal, root, type RunOptions } from './cardinal.ts';
import { writePictures } from './pictures.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cardinal-study-'));
  await writeSome(bundled, join(folder, 'some/fashion-mnist-sample'), { train: 256, t10k: 100 });
});
afterAll(() => rm(folder, { recursive: true }));

/** Seconds on one core: two networks, two seeds, and few pictures to evaluate them on. */
const tiny = ['study', 'figure5', '--epochs', '2', '--pictures', '128', '--seeds', '2'];
const some = ['--data', 'some/fashion-mnist-sample'];
const study = (args: readonly string[], options: RunOptions = {}) =>
  cardinal([...args, '--threads', '1', '--no-blas'], { cwd: folder, ...options });

describe('cardinal study', () => {
  it('lists what there is', async () => {
    const { code, stdout } = await study(['study']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^table3 +Cardinality against width at equal cost$/m);
  });

  it('plans without doing anything', async () => {
    const { code, stdout } = await study([
      ...tiny,
      '--data',
      bundled,
      '--dry-run',
      '--json',
      '--runs',
      'planned',
    ]);
    expect(code).toBe(0);
    const schema = z.object({
      study: z.literal('figure5'),
      scale: z.literal('small'),
      seeds: z.literal(2),
      runs: z.array(z.object({ id: z.string(), arm: z.string(), seed: z.number() })).check(z.length(4)),
      arms: z.array(
        z.object({ parameters: z.int(), macs: z.int(), secondsPerRun: z.number().check(z.positive()) }),
      ),
      seconds: z.number().check(z.positive()),
    });
    const plan = schema.parse(JSON.parse(stdout));
    expect(plan.arms.map(({ parameters }) => parameters)).toEqual([220_378, 211_610]);
    expect(await readdir(folder)).not.toContain('planned');
  });

  it("plans the paper's scale without its data", async () => {
    const { code, stdout } = await study(['study', 'figure5', '--scale', 'paper', '--dry-run']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ResNeXt-50 32×4d +25,028,904 +4\.23 G /m);
    expect(stdout).toMatch(/^4 runs \(4 networks, 1 seed\): about /m);
  });

  it('that was killed goes on where it was, to the same numbers', async () => {
    // A test that is run once more finds none of what the first left.
    for (const made of ['whole', 'cut', 'pages'])
      await rm(join(folder, made), { recursive: true, force: true });
    const whole = await study([...tiny, ...some, '--runs', 'whole', '--out', 'pages', '--json']);
    expect(whole).toMatchObject({ code: 0 });
    const killed = await study([...tiny, ...some, '--runs', 'cut'], {
      onStderr: (child, stderr) => {
        // The second network is training then, beyond its first checkpoint or not.
        if (stderr.includes('run 1/4')) setTimeout(() => child.kill('SIGKILL'), 400);
      },
    });
    expect(killed.code).toBeNull();
    const half = await study([...tiny, ...some, '--runs', 'cut']);
    expect(half).toMatchObject({ code: 1 });
    expect(half.stderr).toMatch(/^cardinal: cut holds runs of study figure5 already: go on with --resume/m);

    // Data, seeds and lengths are known.
    const resumed = await study(['study', 'figure5', '--runs', 'cut', '--resume', '--json']);
    expect(resumed).toMatchObject({ code: 0 });
    expect(resumed.stderr).toMatch(/^[1-3] of 4 runs are done already$/m);
    const [one, other] = [whole, resumed].map(({ stdout }) => resultSchema.parse(JSON.parse(stdout)));
    expect(other.outcomes.map(withoutTime)).toEqual(one.outcomes.map(withoutTime));
    expect(other.claims).toEqual(one.claims);

    const table = fromCsv(await readFile(join(folder, 'pages/figure5.csv'), 'utf8'), ['testError'], 'table');
    expect(table.map(({ arm, seed, epochs }) => [arm, seed, epochs.length])).toEqual([
      ['resnet', 0, 2],
      ['resnext', 0, 2],
      ['resnet', 1, 2],
      ['resnext', 1, 2],
    ]);
    expect((await stat(join(folder, 'pages/figure5.html'))).size).toBeLessThan(1_000_000);
    const page = await readFile(join(folder, 'pages/figure5.html'), 'utf8');
    expect(page).toContain('npx cardinal study figure5 --data fashion-mnist-sample --scale small --seeds 2');
    expect(page).not.toContain(root);
    expect(page).not.toContain('some/');

    const other2 = await study([...tiny, ...some, '--epochs', '3', '--runs', 'cut', '--resume']);
    expect(other2).toMatchObject({ code: 1 });
    expect(other2.stderr).toMatch(/^cardinal: the runs in cut were made with other settings/m);
  });

  it('counts without any data', async () => {
    const { code, stdout } = await study(['study', 'table2', '--json', '--runs', 'counted']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      study: 'table2',
      outcomes: [],
      verdict: expect.stringMatching(/agrees/) as unknown,
    });
  });

  it('refuses what makes no sense in one line', async () => {
    await writePictures(join(folder, 'few'), { train: 3, val: 2 });
    const cases: readonly (readonly [readonly string[], number, RegExp])[] = [
      [['study', 'tabel3'], 2, /^cardinal: unknown study 'tabel3'; did you mean table3\?.*\n$/],
      [
        ['study', 'table3', '--scale', 'paper'],
        2,
        /^cardinal: study table3 .* ImageNet-1K: give its folder with --data/,
      ],
      [
        ['study', 'table3', '--scale', 'large'],
        2,
        /^cardinal: --scale: expected small or paper, got 'large'/,
      ],
      [['study', 'table3', '--data', 'nowhere'], 1, /^cardinal: no such folder: nowhere\n$/],
      [['study', 'table2', '--data', 'few'], 2, /^cardinal: --data: study table2 trains nothing/],
      [['study', 'table3', '--seeds', '0'], 2, /^cardinal: --seeds: expected an integer from 1/],
    ];
    for (const [args, code, message] of cases) {
      const finished = await study(args);
      expect(finished.stderr).toMatch(message);
      expect(finished.code).toBe(code);
    }
  });
});

const resultSchema = z.object({
  outcomes: z.array(z.looseObject({ arm: z.string(), seconds: z.number() })),
  claims: z.array(z.unknown()),
});

function withoutTime(outcome: object): object {
  return { ...outcome, seconds: 0 };
}
