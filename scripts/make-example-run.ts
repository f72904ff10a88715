/**
 * Trains data/fashion-mnist-run, the run that the studio shows before there is one of a visitor's own: the network of `npm start`, on the
 * pictures that come with the package, computed by WebAssembly. It takes some minutes.
 *
 *     node scripts/make-example-run.ts            trains it anew
 *     node scripts/make-example-run.ts --check    trains it, and fails unless weights and curves are what is there
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exampleOptions, exampleNetwork } from './example-run.ts';
import { openData } from '../src/node/data/open.ts';
import { trainOn } from '../src/node/training/train-on.ts';
import { metricsLine } from '../src/run/folder/metrics-line.ts';
import { recordsIn } from '../src/studio/train/records.ts';

const data = join(import.meta.dirname, '..', 'data');
const target = join(data, 'fashion-mnist-run');
/** What the pictures' folder is called beside the run's. */
const pictures = 'fashion-mnist-sample';

/** Of records: what depends on the machine or its speed, and what no chart shows. */
const leftOut = ['crc', 'engine', 'meanLoss', 'elapsed'];

const folder = await mkdtemp(join(tmpdir(), 'cardinal-example-'));
try {
  const made = await train(join(folder, 'run'));
  if (process.argv.includes('--check')) await compare(made);
  else {
    await mkdir(target, { recursive: true });
    for (const [name, content] of Object.entries(made)) await writeFile(join(target, name), content);
  }
} finally {
  await rm(folder, { recursive: true });
}

/** The files of the run that are kept, by their names. */
async function train(out: string): Promise<Record<string, Uint8Array | string>> {
  await trainOn(await openData(join(data, pictures)), exampleNetwork, {
    ...exampleOptions,
    ...{ evaluate: false, report: false, out },
    onEvent: (event) => {
      if (event.type === 'epoch')
        console.log(`epoch ${event.epoch + 1}: ${String(event.validation?.top1)} of the validation pictures`);
    },
  });
  const config = JSON.parse(await readFile(join(out, 'config.json'), 'utf8')) as object;
  const { records } = recordsIn(await readFile(join(out, 'metrics.jsonl')));
  return {
    'best.safetensors': await readFile(join(out, 'best.safetensors')),
    'config.json': `${JSON.stringify({ ...config, data: pictures, program: undefined, engine: undefined }, null, 2)}\n`,
    'metrics.jsonl': records.map((record) => metricsLine(shortened(record))).join(''),
  };
}

/** A record without these, and with no more digits than one sees. */
function shortened(record: object): object {
  return JSON.parse(
    JSON.stringify(record, (key, value: unknown) => {
      if (leftOut.includes(key)) return undefined;
      return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(6)) : value;
    }),
  ) as object;
}

async function compare(made: Readonly<Record<string, Uint8Array | string>>): Promise<void> {
  const weights = await readFile(join(target, 'best.safetensors'));
  const known = lossesOf(await readFile(join(target, 'metrics.jsonl')));
  const now = lossesOf(Buffer.from(made['metrics.jsonl']));
  const at = known.findIndex((loss, index) => loss !== now[index]);
  if (at >= 0 || known.length !== now.length) {
    console.error(
      `data/fashion-mnist-run: step ${at + 1} has another loss, ${String(now[at])} and not ${String(known[at])}`,
    );
    process.exitCode = 1;
  } else if (!weights.equals(made['best.safetensors'] as Uint8Array)) {
    console.error('data/fashion-mnist-run: best.safetensors has other bytes');
    process.exitCode = 1;
  } else console.log('data/fashion-mnist-run has the same bytes still');
}

function lossesOf(metrics: Uint8Array): unknown[] {
  return recordsIn(metrics).records.flatMap((record) => (record.type === 'step' ? [record['loss']] : []));
}
