import type { OptionalFormatName } from '../../data/picture-format.ts';
import * as names from '../../data/picture-names.ts';
import { findSharp } from '../sharp.ts';

/**
 * Whether the decoder of this machine reads a format that its usual build lacks. It is asked only where such a file turns up,
 * because it takes a while to load.
 */
export function canDecode(name: OptionalFormatName): boolean {
  const format = findSharp()?.format;
  switch (name) {
    case 'heic':
      // What reads AVIF says that it reads buffers, too: only its endings tell.
      return format?.heif.input.fileSuffix?.includes('.heic') ?? false;
    case 'jp2':
      return format?.jp2.input.buffer ?? false;
    case 'jxl':
      return format?.jxl.input.buffer ?? false;
  }
}

/** Whether a file is taken for a picture on this machine, by its name. */
export function isPictureName(name: string): boolean {
  return names.isPictureName(name, { canDecode });
}
