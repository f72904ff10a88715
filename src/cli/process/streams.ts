import { CardinalError } from '../../base/errors.ts';
import { fileError, hasCode } from '../../node/file-errors.ts';
import { keepsGoing } from './interrupt.ts';

/**
 * What becomes of words that cannot be written. A reader that went away (`cardinal models | head -1`) and a terminal that was closed
 * are no errors: whoever writes answers has nothing left to do, and training goes on, or saves and ends, without a word. That
 * progress is not seen stops nothing. Only answers that should have been kept, on a disk that is full say, are an error.
 */
export function answerLostStreams(report: (error: CardinalError) => void): void {
  process.stderr.on('error', () => undefined);
  process.stdout.on('error', (error: Error) => {
    if (keepsGoing()) return;
    if (hasCode(error, 'EPIPE', 'EIO', 'ENXIO', 'EBADF')) process.exit(process.exitCode ?? 0);
    report(fileError('write', 'standard output', error));
    process.exit();
  });
}
