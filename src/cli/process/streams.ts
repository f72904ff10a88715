import { CardinalError } from '../../base/errors.ts';
import { fileError, hasCode } from '../../base/file-errors.ts';
import { keepsGoing } from './interrupt.ts';

/**
 * Handles output that cannot be written. A reader that went away (`cardinal models | head -1`) or a closed terminal is no error:
 * a command that only prints ends, and training goes on, or saves and ends. Progress that nobody sees stops nothing. Only an answer
 * that was to be kept is an error, for example on a full disk.
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
