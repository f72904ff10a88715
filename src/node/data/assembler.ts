import { assemblerOf, notingFor, type JobPort } from '../../data/answer-jobs.ts';
import type { Assembler } from '../../data/assembler.ts';
import { decoderOf } from '../../data/decode.ts';
import { isEncoded } from '../../data/file-source.ts';
import type { WorkerSetup } from '../../data/pool-messages.ts';
import { findSharp } from '../sharp.ts';
import { nodePictures } from './pictures.ts';

/** The assembler of a loader with Node's decoders, in a thread of its pool, which has a port, or in the loader's own. */
export function nodeAssembler(setup: WorkerSetup, port?: JobPort): Assembler {
  const { source } = setup;
  if (isEncoded(source)) {
    // Both hold for the whole process. Pictures are decoded side by side, so threads inside one picture would only fight
    // the training for cores; and no file is read again before an epoch has passed, so a cache would only cost memory.
    const sharp = findSharp();
    sharp?.concurrency(1);
    sharp?.cache(false);
  }
  return assemblerOf(setup, decoderOf(source, nodePictures, port && notingFor(setup, port)));
}
