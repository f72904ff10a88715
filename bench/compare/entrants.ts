import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createModel } from '../../src/models/index.ts';
import type { Blas } from '../../src/node/blas.ts';
import { asTorchvisions } from '../../src/weights/name-maps.ts';
import { pytorchParts } from '../../src/weights/pytorch/write.ts';
import { entriesOf } from '../../src/weights/safetensors.ts';
import type { Entrant } from './contender.ts';
import type { Work } from './work.ts';

export interface EntrantOptions {
  readonly threads: number;
  /** The native library, if there is one. */
  readonly blas: Blas | undefined;
  /** For the weights that others read. */
  readonly folder: string;
}

/** A contender that this Node runs. `script` is relative to this folder. */
export function nodeEntrant(script: string, work: Work, options: object): Pick<Entrant, 'command' | 'args'> {
  const file = fileURLToPath(new URL(script, import.meta.url));
  return { command: process.execPath, args: [file, JSON.stringify(work), JSON.stringify(options)] };
}

/** Everyone who can do this work, ourselves first. */
export async function entrantsFor(work: Work, { threads, blas, folder }: EntrantOptions): Promise<Entrant[]> {
  const node = (name: string, options: object): Pick<Entrant, 'command' | 'args'> =>
    nodeEntrant(name, work, { threads, ...options });
  const entrants: Entrant[] = [{ name: 'Cardinal', ...node('cardinal.ts', { blas: false }) }];
  if (blas !== undefined) {
    entrants.push({ name: `Cardinal and ${blas.name}`, ...node('cardinal.ts', { blas: true }) });
  }
  if (work.kind === 'forward') {
    for (const runtime of ['onnxruntime-node', 'onnxruntime-web']) {
      entrants.push({ name: runtime, ...node('onnxruntime.ts', { package: runtime }) });
    }
    // A second a picture: that much is not worth the wait eight times. What later networks need it is not given.
    if (work.input[0] === 1 && work.model.startsWith('resnext')) {
      entrants.push({ name: 'TensorFlow.js WASM', ...node('tensorflow.ts', {}) });
    }
  }
  const weights = join(folder, `${work.id}.pth`);
  if ('model' in work) {
    // Where torchvision calls modules otherwise and in another order.
    const own = entriesOf(createModel(work.model).stateDict());
    await writeFile(weights, pytorchParts(asTorchvisions(work.model, own) ?? own));
  }
  for (const [name, channelsLast] of [
    ['PyTorch', false],
    ['PyTorch, channels last', true],
  ] as const) {
    const options = JSON.stringify({ threads, weights, channels_last: channelsLast });
    entrants.push({
      name,
      command: '/usr/bin/python3',
      args: [fileURLToPath(new URL('pytorch.py', import.meta.url)), JSON.stringify(work), options],
    });
  }
  return entrants;
}
