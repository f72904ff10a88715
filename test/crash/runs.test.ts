import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createReferenceBackend } from '../../src/backends/reference/backend.ts';
import { Rng } from '../../src/base/rng.ts';
import { resumeTraining, startTraining } from '../../src/cli/train/run.ts';
import { defaultPreprocessing } from '../../src/data/preprocessing.ts';
import { openData } from '../../src/node/data/open.ts';
import { trainOn } from '../../src/node/training/train-on.ts';
import { seed } from '../support/seed.ts';
import { writeClasses } from '../node/data/support/sources.ts';
import { faultsOf } from './disk.ts';
import { liveOn, long, named, outlive, some, wholeRun, type Training, type Whole } from './lives.ts';

vi.mock('../../src/node/data/pool.ts', async (original) => {
  const { withoutWorkers } = await import('../support/one-thread.ts');
  return withoutWorkers(original);
});
vi.mock('../../src/node/lock/heartbeat.ts', async (original) => {
  const { withoutHeartbeatThread } = await import('../support/one-thread.ts');
  return withoutHeartbeatThread(original);
});

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'cardinal-crash-'));
  await writeClasses(join(root, 'photos'), { dark: 8, light: 8 });
});
afterAll(async () => {
  vi.restoreAllMocks();
  await rm(root, { recursive: true });
});

/** `trainOn`, as a program calls it. */
async function program(): Promise<Training> {
  const data = await openData(join(root, 'photos'), { valFraction: 0.25 });
  const backend = createReferenceBackend();
  const half = [0.5, 0.5, 0.5];
  const preprocessing = defaultPreprocessing({
    ...{ channels: 3, imageSize: 8, mean: half, std: half, pictureSize: undefined },
  });
  const network = { name: 'resnext_cifar', options: { layers: [1], cardinality: 2, planes: 4 } };
  return (out, how) =>
    trainOn(data, network, {
      ...{ seed: 3, batchSize: 4, epochs: 2, preprocessing, backend, out, resume: how === 'resume' },
      ...{ evaluate: false, report: false },
    });
}

/** `cardinal train`, and `cardinal train --resume` with no flag beside it, with an evaluation and a report. */
function command(): Promise<Training> {
  // It tells what it does to whoever runs it.
  for (const stream of [process.stdout, process.stderr]) vi.spyOn(stream, 'write').mockReturnValue(true);
  const half = [0.5, 0.5, 0.5];
  const engine = { backend: 'reference', json: false } as const;
  const flags = {
    ...engine,
    ...{ model: 'resnext_cifar', set: ['layers=1,1,1', 'cardinality=2', 'planes=4'], head: 'keep' as const },
    ...{ recipe: 'quick', seed: 3, batchSize: 4, epochs: 2, valFraction: 0.25, strict: false },
    ...{ imageSize: 8, mean: half, std: half },
  };
  return Promise.resolve((out, how) =>
    // Until its settings are there, a run can only be begun with its own command.
    how === 'new' || !existsSync(join(out, 'config.json'))
      ? startTraining(join(root, 'photos'), { ...flags, out })
      : resumeTraining(out, { json: false }, {}),
  );
}

// The numbers are those of trials that are drawn.
describe.each([
  { name: 'a program', begin: program, killed: 40, powerless: 24, faulty: 40 },
  { name: 'the command', begin: command, killed: 16, powerless: 10, faulty: 16 },
])('$name', ({ begin, ...counts }) => {
  let training: Training;
  let whole: Whole;
  const rng = Rng.of(seed, 'crash');
  beforeAll(async () => {
    training = await begin();
    whole = await wholeRun(root, training, rng);
  });

  test('has points enough for the trials to say something', () => {
    const names = new Set(whole.operations.map(({ name }) => name));
    for (const name of ['mkdir', 'write', 'sync', 'rename', 'syncFolder', 'close']) {
      expect(names).toContain(name);
    }
    expect(whole.points.length).toBeGreaterThan(90);
  });

  test(
    'killed anywhere, and once more, it ends with the bytes of one that was not',
    async () => {
      for (const [at, { killed }] of some([...whole.points.entries()], counts.killed, rng)) {
        const trial = { training, whole, from: killed, rng };
        await named(`killed at point ${at}`, () => liveOn(root, trial, (disk) => disk.killed()));
      }
    },
    long,
  );

  test(
    'and so it does where the power fails',
    async () => {
      for (const [at, { powerless }] of some([...whole.points.entries()], counts.powerless, rng)) {
        for (const from of some(powerless, 1, rng)) {
          const trial = { training, whole, from, rng };
          await named(`without power at point ${at}`, () =>
            liveOn(root, trial, (disk) => disk.powerless(rng)),
          );
        }
      }
    },
    long,
  );

  test(
    'a disk that fails, anywhere, is told of by what it said, and the run goes on when it works again',
    async () => {
      for (const { number: at, name } of some(whole.operations, counts.faulty, rng)) {
        for (const kind of some(faultsOf[name], 1, rng)) {
          const fault = { at, ...kind };
          await named(`${JSON.stringify(fault)} of ${name}`, () =>
            outlive(root, { training, whole, fault, rng }),
          );
        }
      }
    },
    long,
  );
});
