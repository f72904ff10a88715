import type { ModelDescription } from '../../train/network.ts';

/** A network's options for another number of classes. */
export function withoutClasses(options: ModelDescription['options']): ModelDescription['options'] {
  return Object.fromEntries(Object.entries(options).filter(([key]) => key !== 'numClasses'));
}

/** JSON has no `undefined`. */
export function withoutUndefined<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
