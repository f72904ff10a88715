import { CardinalError } from 'cardinal-nn';
import { messageOf } from '../../parts/message-of.ts';
import { bytes } from '../../parts/numbers.ts';

/** An error of the private file system in a line that says what to do. */
export async function storeError(error: unknown, what: string): Promise<CardinalError> {
  if (error instanceof CardinalError) return error;
  const cause = { cause: error };
  if (!(error instanceof Error) || error.name !== 'QuotaExceededError')
    return new CardinalError(`${what}: ${messageOf(error)}`, cause);
  const { usage, quota } = await navigator.storage
    .estimate()
    .catch(() => ({ usage: undefined, quota: undefined }));
  const used =
    usage === undefined || quota === undefined ? '' : ` (${bytes(usage)} of ${bytes(quota)} are used)`;
  return new CardinalError(
    `${what}: the browser gives this site no more room${used}; make room on the disk, or delete what this site keeps in the browser's settings once you have downloaded what you need`,
    cause,
  );
}
