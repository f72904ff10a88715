/** The script of a thread that decodes and resizes pictures for classifiers. */
import { parentPort, workerData } from 'node:worker_threads';

import { moved } from '../../base/channel/port.ts';
import { serve } from '../../base/channel/serve.ts';
import type { PicturePlatform } from '../../data/picture-platform.ts';
import { decodeHere, prepareHere } from '../../use/batch/prepare.ts';
import { findSharp } from '../sharp.ts';
import { portOfTarget } from '../thread-port.ts';
import { picturesIn } from './pictures.ts';
import type { PrepareCallbacks, PrepareData, PrepareService } from './prepare-service.ts';

if (parentPort === null) throw new Error('prepare-worker is started by a classifier, not run by itself');
// Only the threads of this folder start this file, with this data.
const { threads } = workerData as PrepareData;

/** Pictures of a call: large ones ask for room first. */
function picturesOf(
  ask: (name: keyof PrepareCallbacks, pixels: number) => Promise<unknown>,
): PicturePlatform {
  return picturesIn({
    decode: async (pixels, most, timed, work) => {
      if (pixels * threads > most) await ask('room', pixels);
      return timed(work);
    },
  });
}

serve<PrepareService>(portOfTarget(parentPort), {
  ready: () => {
    findSharp();
  },
  prepare: async ([picture], { ask }) => {
    const prepared = await prepareHere(picture, picturesOf(ask));
    return moved(prepared, [prepared.input.buffer]);
  },
  decode: async ([sent], { ask }) => {
    const picture = await decodeHere(sent, picturesOf(ask));
    // A native decoder's memory cannot be handed over.
    const data = new Uint8Array(picture.data);
    return moved({ ...picture, data }, [data.buffer]);
  },
});
