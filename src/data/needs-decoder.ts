import { needsDecoder } from './picture-names.ts';
import type { PictureSource } from './picture-source.ts';
import { memberName } from './shards/members.ts';

/** Whether any of its pictures needs the platform's decoder, by their names. */
export function needDecoder(source: PictureSource): boolean {
  if (source.kind === 'files') return source.paths.some(needsDecoder);
  return source.kind === 'shards' && source.rows.some((_, index) => needsDecoder(memberName(source, index)));
}
