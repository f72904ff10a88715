import { CardinalError } from '../../base/errors.ts';
import { tell } from './print.ts';

/** Tells of an error that does not end the command, which will have failed. */
export function fail({ message }: CardinalError): void {
  tell(`cardinal: ${message}`);
  process.exitCode = 1;
}

/** An error with the picture's name: what is wrong with a network, or with what came on standard input, says nothing of which it was. */
export function naming(name: string, error: CardinalError): CardinalError {
  return error.message.includes(name)
    ? error
    : new CardinalError(`${name}: ${error.message}`, { cause: error });
}
