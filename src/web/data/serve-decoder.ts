import { answerJobs, assemblerOf, notingFor, type JobPort } from '../../data/answer-jobs.ts';
import type { Assembler } from '../../data/assembler.ts';
import { decoderOf } from '../../data/decode.ts';
import type { WorkerMessage, WorkerSetup } from '../../data/pool-messages.ts';
import type { OwnPort } from '../engine/own-port.ts';
import { live } from '../life.ts';
import type { DecoderMessage, DecoderStart } from './decoder-thread.ts';
import type { JpegUrls } from './jpeg.ts';
import { webPictures } from './pictures.ts';

/** A worker becomes a thread of a pool of decoders. */
export function serveDecoder(port: OwnPort, { setup, jpeg, life }: DecoderStart): void {
  const post = (message: DecoderMessage, transfer: readonly ArrayBuffer[] = []): void => {
    port.postMessage(message, transfer);
  };
  const jobs: JobPort = {
    onMessage: (handler) => {
      port.addEventListener('message', ({ data }) => {
        handler(data as WorkerMessage);
      });
    },
    post,
  };
  answerJobs(jobs, webAssembler(setup, jpeg, jobs));
  void live(life).then(() => {
    post('alive');
  });
}

/** The assembler of a loader with the browser's decoders, in a thread of its pool, which has a port, or in the loader's own. */
export function webAssembler(setup: WorkerSetup, jpeg: JpegUrls | undefined, port?: JobPort): Assembler {
  return assemblerOf(setup, decoderOf(setup.source, webPictures(jpeg), port && notingFor(setup, port)));
}
