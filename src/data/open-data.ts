import { objectWith } from '../base/options.ts';

/** What functions take that come after `openData`. */
export const openDataKind = objectWith('what openData gives once it is awaited', 'train', 'classes', 'path');
