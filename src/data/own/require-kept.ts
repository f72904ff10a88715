import { UsageError } from '../../base/errors.ts';
import type { PictureSource, StreamSource } from '../picture-source.ts';

/** Throws a `UsageError` for a stream, whose pictures cannot be had in another order. In a page `no-streams.ts` stands for this file. */
export function requireKept<S extends PictureSource>(
  source: S,
  name: string,
): asserts source is Exclude<S, StreamSource> {
  if (source.kind !== 'stream') return;
  throw new UsageError(
    `${name}: the pictures of a stream come in its order alone: give pictures that are kept`,
  );
}
