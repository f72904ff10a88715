/**
 * onnxruntime-node behind fastify, as one would write it: a picture a request, a request a run. `node bench/serving/onnxruntime-server.ts
 * SERVED THREADS` says on standard error where it listens.
 */
import fastify from 'fastify';
import * as ort from 'onnxruntime-node';
import sharp from 'sharp';
import { smallest } from '../../src/base/extremes.ts';
import type { Preprocessing } from '../../src/data/preprocessing.ts';
import { servedSchema } from './served.ts';

const { onnx, preprocessing } = servedSchema.parse(JSON.parse(process.argv[2]));
const threads = Number(process.argv[3]);
const session = await ort.InferenceSession.create(onnx, { intraOpNumThreads: threads });

const app = fastify({ bodyLimit: 32 * 2 ** 20 });
app.addContentTypeParser('image/jpeg', { parseAs: 'buffer' }, (_request, body, done) => {
  done(null, body);
});
app.post<{ Body: Buffer; Querystring: { topK?: string } }>('/classify', async ({ body, query }) => {
  const [height, width] = preprocessing.size;
  const input = new ort.Tensor('float32', await prepare(body, preprocessing), [1, 3, height, width]);
  const { logits } = await session.run({ input });
  const probabilities = softmax(logits.data as Float32Array);
  const predictions = [...probabilities]
    .map((probability, label) => ({ class: String(label), label, probability }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, Number(query.topK ?? 5));
  return { predictions };
});
console.error(`listening on ${await app.listen({ host: '127.0.0.1', port: 0 })}`);
process.once('SIGTERM', () => process.exit());

function softmax(logits: Float32Array): Float32Array {
  const most = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const powers = logits.map((logit) => Math.exp(logit - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

/** As Cardinal's preprocessing, of pictures that need not be resized: the middle, C×H×W, normalised. */
async function prepare(bytes: Buffer, { size, mean, std, resize }: Preprocessing): Promise<Float32Array> {
  const [height, width] = size;
  const picture = sharp(bytes).autoOrient();
  const shorter = resize ?? smallest(size);
  const { data, info } = await picture
    .resize(shorter, shorter, { fit: 'outside' })
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const [left, top] = [Math.round((info.width - width) / 2), Math.round((info.height - height) / 2)];
  const input = new Float32Array(3 * height * width);
  for (let channel = 0; channel < 3; channel++) {
    const scale = 1 / (255 * std[channel]);
    const shift = mean[channel] / std[channel];
    let at = channel * height * width;
    for (let y = top; y < top + height; y++) {
      let from = 3 * (y * info.width + left) + channel;
      for (let x = 0; x < width; x++, from += 3) input[at++] = data[from] * scale - shift;
    }
  }
  return input;
}
