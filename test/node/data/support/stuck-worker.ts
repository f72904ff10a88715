/** A loader's worker whose decoder never answers for some samples, computes for ever for others, has no files left, or ends its thread. */
import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';

import type { Picture } from '../../../../src/data/dataset.ts';
import { answerJobs, assemblerOf, notingFor } from '../../../../src/data/answer-jobs.ts';
import type { WorkerSetup } from '../../../../src/data/pool-messages.ts';
import { jobPort } from '../../../../src/node/data/decoder-thread.ts';
import { fileError } from '../../../../src/base/file-errors.ts';

const setup = workerData as WorkerSetup;
const paths = setup.source.kind === 'files' ? setup.source.paths : [];

const tooMany = (): Error => Object.assign(new Error('EMFILE'), { code: 'EMFILE' });

const port = jobPort(parentPort);
const noted = notingFor(setup, port);
answerJobs(
  port,
  assemblerOf(setup, (index) => {
    const path = paths[index];
    const decode = async (): Promise<Picture> => {
      if (path.startsWith('silent:')) appendFileSync(path.slice('silent:'.length), 'tried ');
      if (path.startsWith('silent')) await new Promise(() => undefined);
      if (path.startsWith('endless')) for (;;);
      // A path of its own for what happens once.
      if (path.startsWith('/') && !existsSync(path)) {
        writeFileSync(path, '');
        process.exit(3);
      }
      if (path.startsWith('deadly')) process.exit(3);
      if (path.startsWith('starved')) throw fileError('read', path, tooMany());
      if (path.startsWith('unreadable')) throw new Error('not a picture');
      const data = new Uint8Array(3 * 8 * 8).fill(index);
      return Promise.resolve({ width: 8, height: 8, channels: 3, data });
    };
    return noted === undefined ? decode() : noted(index)(decode);
  }),
);
