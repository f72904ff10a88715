/**
 * A thread that prepares pictures as their paths say: it ends, never answers, computes for ever, asks for room, or answers with the path's
 * length. With `?slow` behind its address it takes a second to start.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { parentPort } from 'node:worker_threads';

import { moved } from '../../../../src/base/channel/port.ts';
import { serve } from '../../../../src/base/channel/serve.ts';
import { CardinalError, ShortageError } from '../../../../src/base/errors.ts';
import type { PrepareService } from '../../../../src/node/data/prepare-service.ts';
import { portOfTarget } from '../../../../src/node/thread-port.ts';

if (parentPort === null) throw new Error('this is a thread');
if (import.meta.url.endsWith('?slow')) await setTimeout(1000);
serve<Pick<PrepareService, 'ready' | 'prepare'>>(portOfTarget(parentPort), {
  ready: () => undefined,
  prepare: async ([{ received }], { ask }) => {
    const path = received.kind === 'file' ? received.path : 'no file';
    const [what, ...others] = path.split(':');
    const marker = others.at(0);
    if (what === 'deadly') process.exit(3);
    if (what === 'silent') await new Promise(() => undefined);
    if (what === 'endless') for (;;);
    if (what === 'unreadable') throw new CardinalError(`cannot read the picture ${path}: it is damaged`);
    if (what === 'starved') throw new ShortageError('too many files are open');
    if (what === 'large') await ask('room', 900);
    // What happens once only.
    if (marker !== undefined && !existsSync(marker)) {
      writeFileSync(marker, '');
      process.exit(3);
    }
    if (what === 'last') setImmediate(() => process.exit(3));
    const input = Float32Array.of(path.length);
    return Promise.resolve(moved({ input, decode: 1 }, [input.buffer]));
  },
});
