import sharp from 'sharp';

import { Assembler } from '../../data/assemble.ts';
import { decoderOf } from './decode.ts';
import type { WorkerSetup } from './messages.ts';

/** The assembler of a loader, in a worker or in the loader's own thread. */
export function assemblerOf({ spec, source, labels, name }: WorkerSetup): Assembler {
  // Pictures are decoded side by side; threads inside one picture would only fight the training for cores.
  if (source.kind === 'files') sharp.concurrency(1);
  const idOf = (index: number): string => (source.kind === 'files' ? source.paths[index] : `${name}#${index}`);
  return new Assembler(spec, labels, decoderOf(source), idOf);
}
