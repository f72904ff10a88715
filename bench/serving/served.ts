import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { z } from 'zod/mini';
import { Rng } from '../../src/base/rng.ts';
import { smallest } from '../../src/base/extremes.ts';
import { preprocessingSchema, type Preprocessing } from '../../src/data/preprocessing.ts';
import { createModel } from '../../src/models/index.ts';
import { prepareFor } from '../../src/node/prepare.ts';
import { loadTrained } from '../../src/node/trained.ts';
import { saveWeights } from '../../src/node/weights.ts';
import { exportOnnx } from '../../src/weights/onnx/export.ts';
import type { NetworkWork } from '../compare/work.ts';

/** A network that all contenders serve, as files that they read; passed to their processes as JSON. */
export const servedSchema = z.object({
  /** Name in the registry. */
  model: z.string(),
  /** Safetensors, and the same as ONNX. */
  weights: z.string(),
  onnx: z.string(),
  preprocessing: preprocessingSchema,
  /** Files of the pictures that are asked for in turn. */
  pictures: z.array(z.string()),
});
export type Served = z.infer<typeof servedSchema>;

/** As many as a batch holds. */
const pictureCount = 8;

/** Writes a network's files and pictures to `folder`. */
export async function writeServed({ model: name, input, id }: NetworkWork, folder: string): Promise<Served> {
  const model = createModel(name);
  const weights = join(folder, `${id}.safetensors`);
  const onnx = join(folder, `${id}.onnx`);
  await saveWeights(model, weights);
  const [, channels, height, width] = input;
  await writeFile(onnx, await exportOnnx(model, { name, input: [channels, height, width] }));
  const { preprocessing } = await prepareFor(await loadTrained(weights, { model: name }), {});
  const pictures: string[] = [];
  for (let index = 0; index < pictureCount; index++) {
    const file = join(folder, `${id}-${index}.jpg`);
    await writeFile(file, await photo(index, preprocessing));
    pictures.push(file);
  }
  return { model: name, weights, onnx, preprocessing, pictures };
}

/**
 * A JPEG whose shorter side is what pictures are resized to: libraries that resize differently have the same input. It is an even
 * number of pixels wider than what is cut out, so that its middle is the same for all. Waves of colours and
 * some noise take as many bytes as a photograph.
 */
function photo(seed: number, { size, resize }: Preprocessing): Promise<Buffer> {
  const height = resize ?? smallest(size);
  const width = resize === null ? size[1] : 2 * Math.round((2 / 3) * height);
  const rng = Rng.of(seed, 'served');
  const waves = [0, 1, 2].map(() => ({ x: 1 + rng.int(12), y: 1 + rng.int(12), phase: rng.float() }));
  const data = Uint8Array.from({ length: 3 * width * height }, (_, i) => {
    const { x, y, phase } = waves[i % 3];
    const [column, row] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
    return (
      128 + 80 * Math.sin(2 * Math.PI * ((x * column) / width + (y * row) / height + phase)) + rng.int(24)
    );
  });
  return sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 90 })
    .toBuffer();
}
