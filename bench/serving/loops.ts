/**
 * `classify` in a program of one's own, without a server: `node bench/serving/loops.ts SERVED SECONDS THREADS` prints `loopsSchema` as a line of
 * JSON.
 */
import { readFile } from 'node:fs/promises';
import { z } from 'zod/mini';
import { sizeOf } from '../../src/base/shape.ts';
import { loadClassifier } from '../../src/node/classifier.ts';
import { numbers } from '../compare/numbers.ts';
import { servedSchema } from './served.ts';

const loopSchema = z.object({
  /** Milliseconds of each call. */
  times: z.array(z.number()),
  /** Pictures of each call. */
  pictures: z.int(),
});
export const loopsSchema = z.object({
  /** A picture, then the next. */
  one: loopSchema,
  /** Eight pictures, then the next eight. */
  eights: loopSchema,
  /** Eight inputs that are prepared already: computing alone. */
  prepared: loopSchema,
  /** Of each picture, K probabilities. */
  probabilities: z.array(z.array(z.number())),
});
type Loop = z.infer<typeof loopSchema>;

/** Of a loop, before its seconds begin. */
const warmUp = 1;

if (import.meta.main) {
  const { model, weights, preprocessing, pictures } = servedSchema.parse(JSON.parse(process.argv[2]));
  const [seconds, threads] = [Number(process.argv[3]), Number(process.argv[4])];
  const files = await Promise.all(pictures.map((file) => readFile(file)));
  const classifier = await loadClassifier(weights, { model, preprocessing, threads });
  const inputs = numbers(files.length * sizeOf(classifier.input), 1, 1);
  const probabilities: number[][] = [];
  for (const file of files) {
    const all = await classifier.classify(file, { topK: classifier.classes.length });
    probabilities.push(all.toSorted((a, b) => a.label - b.label).map(({ probability }) => probability));
  }
  let next = 0;
  const options = { topK: 5 };
  const result: z.infer<typeof loopsSchema> = {
    one: await loop(1, seconds, () => classifier.classify(files[next++ % files.length], options)),
    eights: await loop(files.length, seconds, () => classifier.classifyMany(files, options)),
    prepared: await loop(files.length, seconds, () => classifier.forward(inputs)),
    probabilities,
  };
  await classifier.dispose();
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

async function loop(pictures: number, seconds: number, call: () => Promise<unknown>): Promise<Loop> {
  const times: number[] = [];
  const begin = performance.now() + 1000 * warmUp;
  for (let before = performance.now(); before < begin + 1000 * seconds; before = performance.now()) {
    await call();
    if (before >= begin) times.push(performance.now() - before);
  }
  return { times, pictures };
}
