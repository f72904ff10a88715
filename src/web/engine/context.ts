import type { Backend } from '../../backends/backend.ts';
import type { PicturePlatform } from '../../data/picture-platform.ts';
import type { Scripts } from '../scripts.ts';
import type { EngineFacts } from './backend.ts';

/** What handlers of an engine work with, once it has begun. */
export interface Engine {
  readonly backend: Backend;
  readonly facts: EngineFacts;
  readonly pictures: PicturePlatform;
  readonly scripts: Scripts;
}
