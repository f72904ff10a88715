import { messageOf } from '../../base/errors.ts';
import { shortened } from '../../base/quoted.ts';
import { noMemory } from '../../data/decode.ts';

/** What libvips says, and what that means. It mixes up the words of pictures that fail at once, so the first that is known counts. */
const meanings: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/unsupported image format/i, 'not a picture of a known format'],
  [
    /security limit|invalid image size/i,
    'it is damaged: the picture in it has another size than its header says',
  ],
  [/out of memory|unable to allocate|memory allocation/i, noMemory],
  [/exceeds channel limit/i, 'it has too many channels'],
  [/unsupported feature|not supported by this|no known route/i, 'it is of a kind that is not supported'],
  [
    /truncat|premature end|unexpected end|insufficient|end of (file|stream)|scanline \d+; got|libpng read error/i,
    'it is truncated or damaged',
  ],
  [/corrupt header/i, 'its header is damaged'],
  // Where it lost its reason.
  [/^(unknown error)?$/i, 'it is damaged'],
];

/** What the words of a native decoder mean, on one line. */
export function decoderReason(error: unknown): string {
  const message = messageOf(error)
    .trim()
    .split('\n')
    .filter((line) => !line.startsWith('source: bad seek'))
    .join(' ');
  const known = meanings.find(([pattern]) => pattern.test(message));
  return known === undefined ? `it is damaged (${shortened(message, 120)})` : known[1];
}
