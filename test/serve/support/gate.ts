import { vi } from 'vitest';
import type { Classifier } from '../../../src/use/classifier.ts';

/** Holds what a classifier is asked to classify until it is let through. */
export function gated(classifier: Pick<Classifier, 'classify'>): {
  /** Resolves when so many pictures in all have arrived. */
  readonly arrived: (count: number) => Promise<void>;
  /** Lets all through that wait, and those that come. */
  readonly open: () => void;
  /** Signals of those that arrived. */
  readonly signals: AbortSignal[];
} {
  const classify = classifier.classify.bind(classifier);
  const gate = Promise.withResolvers<undefined>();
  const signals: AbortSignal[] = [];
  const watchers: (() => void)[] = [];
  vi.spyOn(classifier, 'classify').mockImplementation(async (image, options) => {
    if (options?.signal !== undefined) signals.push(options.signal);
    for (const watch of watchers) watch();
    await gate.promise;
    return classify(image, options);
  });
  return {
    arrived: (count) =>
      new Promise((resolve) => {
        const watch = (): void => {
          if (signals.length >= count) resolve();
        };
        watchers.push(watch);
        watch();
      }),
    open: () => {
      gate.resolve(undefined);
    },
    signals,
  };
}
