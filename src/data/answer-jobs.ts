import type { MessagePort } from 'node:worker_threads';

import { CardinalError, messageOf } from '../base/errors.ts';
import type { Assembler } from './assembler.ts';
import type { WorkerJob, WorkerMessage, WorkerReply } from './pool-messages.ts';

/** What a worker thread does: batches are assembled one after the other, each with its pictures decoded ahead. */
export function answerJobs(port: MessagePort | null, assembler: Assembler): void {
  let last: Promise<void> = Promise.resolve();
  port?.on('message', (message: WorkerMessage) => {
    if ('giveUp' in message) {
      assembler.giveUp(message.giveUp.index, message.giveUp.reason);
      return;
    }
    last = last.then(async () => {
      port.postMessage(await reply(assembler, message));
    });
  });
}

async function reply(assembler: Assembler, { id, request, input, target }: WorkerJob): Promise<WorkerReply> {
  try {
    return { id, result: await assembler.assemble(request, input, target) };
  } catch (error) {
    const forUser = error instanceof CardinalError;
    const text = forUser || !(error instanceof Error) ? messageOf(error) : (error.stack ?? error.message);
    return { id, error: text, forUser };
  }
}
