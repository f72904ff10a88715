import { CardinalError, messageOf } from '../base/errors.ts';
import { Assembler } from './assembler.ts';
import type { SampleDecoder } from './decode.ts';
import { noting, telling, type DecodingNote } from './decode-watch.ts';
import { isEncoded, pathOf } from './file-source.ts';
import type { Timed } from './in-time.ts';
import type { WorkerJob, WorkerMessage, WorkerReply, WorkerSetup } from './pool-messages.ts';
import { handedOver, isShared } from './shared-memory.ts';

/** Where a thread of a pool gets its jobs from and answers them. */
export interface JobPort {
  onMessage(handler: (message: WorkerMessage) => void): void;
  post(message: WorkerReply | DecodingNote, transfer?: readonly ArrayBuffer[]): void;
}

/** What a thread of a pool does: batches are assembled one after the other, each with its pictures decoded ahead. */
export function answerJobs(port: JobPort, assembler: Assembler): void {
  let last: Promise<void> = Promise.resolve();
  port.onMessage((message) => {
    if ('giveUp' in message) {
      assembler.giveUp(message.giveUp.index, message.giveUp.reason);
      return;
    }
    last = last.then(async () => {
      const answer = await reply(assembler, message);
      port.post(answer, 'arrays' in answer && answer.arrays ? handedOver(answer.arrays) : []);
    });
  });
}

/** How steps of decoding are noted as the setup asks for, so that the pool sees what takes too long. */
export function notingFor({ watched }: WorkerSetup, port: JobPort): ((index: number) => Timed) | undefined {
  if (watched !== 'told') return watched && noting(watched);
  return telling((note) => {
    port.post(note);
  });
}

/** The assembler of a loader, in a thread of its pool or in the loader's own. */
export function assemblerOf(
  { spec, source, labels, targets, name, givenUp = [] }: WorkerSetup,
  decode: SampleDecoder,
): Assembler {
  const idOf = (index: number): string => (isEncoded(source) ? pathOf(source, index) : `${name}#${index}`);
  const assembler = new Assembler(spec, labels, decode, idOf, targets);
  for (const { index, reason } of givenUp) assembler.giveUp(index, reason);
  return assembler;
}

async function reply(assembler: Assembler, { id, request, input, target }: WorkerJob): Promise<WorkerReply> {
  try {
    const result = await assembler.assemble(request, input, target);
    return { id, result, arrays: isShared(input.buffer) ? undefined : { input, target } };
  } catch (error) {
    const forUser = error instanceof CardinalError;
    const text = forUser || !(error instanceof Error) ? messageOf(error) : (error.stack ?? error.message);
    return { id, error: text, forUser };
  }
}
