import { Assembler } from '../../data/assemble.ts';
import { decoderOf } from './decode.ts';
import { findSharp } from '../sharp.ts';
import type { WorkerSetup } from './messages.ts';

/** The assembler of a loader, in a worker or in the loader's own thread. */
export function assemblerOf({ spec, source, labels, name }: WorkerSetup): Assembler {
  if (source.kind === 'files') {
    // Both hold for the whole process. Pictures are decoded side by side, so threads inside one picture would only fight
    // the training for cores; and no file is read again before an epoch has passed, so a cache would only cost memory.
    const sharp = findSharp();
    sharp?.concurrency(1);
    sharp?.cache(false);
  }
  const idOf = (index: number): string =>
    source.kind === 'files' ? source.paths[index] : `${name}#${index}`;
  return new Assembler(spec, labels, decoderOf(source), idOf);
}
