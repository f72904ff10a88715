import { resolve } from 'node:path';
import type { Named } from '../../serve/studio/platform/named.ts';
import { exampleName } from '../../studio/example.ts';
import { bundledPictures, bundledRun } from '../bundled.ts';

/** Where no data is named, there are the bundled pictures to begin with; where nothing is, a run on them as well. */
export function withBundled(named: readonly Named[]): readonly Named[] {
  if (named.some(({ kind }) => kind === 'data')) return named;
  const path = resolve(bundledPictures());
  const pictures: Named = { kind: 'data', path, name: 'Fashion-MNIST sample' };
  if (named.length > 0) return [...named, pictures];
  return [pictures, { kind: 'run', path: bundledRun, name: exampleName, isExample: true }];
}
