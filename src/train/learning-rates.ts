import { UsageError } from '../base/errors.ts';
import { largest } from '../base/extremes.ts';
import { patternOf } from '../nn/freeze.ts';
import { layersOf } from './layers.ts';
import { factorPairs } from './recipe-parts.ts';
import type { Unfrozen } from './checkpoint.ts';
import type { Network } from './network.ts';
import type { Recipe } from './recipe.ts';

/**
 * What each parameter's learning rate is multiplied by: the factor of the last pattern that matches its path, else 1; times that of its
 * layer, `layerDecay` to the power of layers behind it. Throws a `UsageError` for a pattern that matches none of the network's, and for
 * a record whose order JavaScript changed so that it may matter.
 */
export function learningRateScales(
  network: Pick<Network, 'stateDict'>,
  { learningRateScale, layerDecay = 1 }: Recipe,
): (path: string) => number {
  const paths = [...network.stateDict().keys()];
  const scales = factorPairs(learningRateScale).map(([pattern, scale]) => {
    const expression = patternOf(pattern);
    const matched = paths.filter((path) => expression.test(path));
    if (matched.length > 0) return { pattern, scale, expression, matched };
    throw new UsageError(`learningRateScale: no parameter of the network matches '${pattern}'`);
  });
  if (!Array.isArray(learningRateScale)) checkOrder(scales);
  const layerScale = layerDecay === 1 ? () => 1 : layerScales(paths, layerDecay);
  return (path) =>
    (scales.findLast(({ expression }) => expression.test(path))?.scale ?? 1) * layerScale(path);
}

interface Scale {
  readonly pattern: string;
  readonly scale: number;
  readonly expression: RegExp;
  readonly matched: readonly string[];
}

/** Whoever writes `{ '*': 0.1, 7: 1 }` means the 7 to count last, but JavaScript has it first. */
function checkOrder(scales: readonly Scale[]): void {
  const [numbers, others] = [true, false].map((isNumber) =>
    scales.filter(({ pattern }) => /^\d+$/.test(pattern) === isNumber),
  );
  for (const number of numbers) {
    const other = others.find(({ expression }) => number.matched.some((path) => expression.test(path)));
    if (other === undefined) continue;
    const pairs = [other, number].map(({ pattern, scale }) => `['${pattern}', ${scale}]`).join(', ');
    throw new UsageError(
      `learningRateScale: '${other.pattern}' and '${number.pattern}' match the same parameters, and of a record's keys JavaScript puts whole numbers first; give pairs, the one that counts last: [${pairs}]`,
    );
  }
}

/** The step after which each parameter began to learn: 0, or that at which it was unfrozen. */
export function beginnings(unfrozen: Unfrozen | undefined): ((path: string) => number) | undefined {
  return unfrozen && ((path) => (unfrozen.parameters.includes(path) ? unfrozen.step : 0));
}

function layerScales(paths: readonly string[], decay: number): (path: string) => number {
  const layers = layersOf(paths);
  const last = largest([...layers.values()]);
  return (path) => decay ** (last - (layers.get(path) ?? last));
}
