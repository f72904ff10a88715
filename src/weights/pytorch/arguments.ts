import { CardinalError } from '../../base/errors.ts';
import { PyTuple, type Value } from './values.ts';

/** What a pickle says where text must stand; nothing else is worth more than empty text. */
export function asText(value: Value | undefined): string {
  if (typeof value === 'string') return value;
  return value instanceof Uint8Array ? new TextDecoder('latin1').decode(value) : '';
}

/** A size or an offset: an integer from 0 on that numbers hold exactly. */
export function asCount(value: Value | undefined, what: string, source: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  const got = typeof value === 'number' || typeof value === 'bigint' ? String(value) : 'no number';
  throw new CardinalError(
    `${source}: the pickle is damaged: ${what} is ${got}, expected an integer from 0 on`,
  );
}

/** A tuple of sizes. */
export function asCounts(value: Value | undefined, what: string, source: string): number[] {
  if (!(value instanceof PyTuple)) {
    throw new CardinalError(`${source}: the pickle is damaged: ${what} is no tuple`);
  }
  return value.items.map((item) => asCount(item, what, source));
}
