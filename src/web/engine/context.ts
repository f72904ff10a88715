import type { Backend } from '../../backends/backend.ts';
import type { PicturePlatform } from '../../data/picture-platform.ts';
import type { Scripts } from '../scripts.ts';

/** What handlers of an engine work with, once it has begun. */
export interface Engine {
  readonly backend: Backend;
  readonly pictures: PicturePlatform;
  readonly scripts: Scripts;
}
