import { Assembler } from '../../data/assembler.ts';
import type { Picture } from '../../data/dataset.ts';
import { decoderOf } from '../../data/decode.ts';
import { findSharp } from '../sharp.ts';
import type { WorkerSetup } from '../../data/pool-messages.ts';
import { noting } from '../../data/decode-watch.ts';

/** The assembler of a loader, in a worker or in the loader's own thread. `decode` is the source's. */
export function assemblerOf(setup: WorkerSetup, decode = setupDecoder(setup)): Assembler {
  const { spec, source, labels, name, givenUp = [] } = setup;
  const idOf = (index: number): string =>
    source.kind === 'files' ? source.paths[index] : `${name}#${index}`;
  const assembler = new Assembler(spec, labels, decode, idOf);
  for (const { index, reason } of givenUp) assembler.giveUp(index, reason);
  return assembler;
}

function setupDecoder({ source, watched }: WorkerSetup): (index: number) => Promise<Picture> {
  if (source.kind === 'files') {
    // Both hold for the whole process. Pictures are decoded side by side, so threads inside one picture would only fight
    // the training for cores; and no file is read again before an epoch has passed, so a cache would only cost memory.
    const sharp = findSharp();
    sharp?.concurrency(1);
    sharp?.cache(false);
  }
  return decoderOf(source, watched && noting(watched));
}
