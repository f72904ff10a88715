import { UsageError } from '../../base/errors.ts';
import { quoted } from '../../base/quoted.ts';
import { isHubName, parseHubName } from '../../hub/name.ts';

/** Names stand in addresses and in metrics as they are. */
const safe = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9])?$/;

/** @throws {UsageError} unless it can stand in an address as it is. */
export function checkModelName(name: string): void {
  if (safe.test(name)) return;
  throw new UsageError(
    `the name of a model: expected up to 100 letters, digits, '.', '_' and '-', of which the first and the last are letters or digits, got ${quoted(name)}`,
  );
}

/**
 * What a model is called whom nobody gave a name: a run's best weights as its folder, weights of the hub as their repository, any
 * other as their network in the registry. What cannot stand in an address becomes `-`.
 */
export function usualName({
  weights,
  run,
  architecture,
}: {
  /** Where the weights come from: a path or a hub's name. */
  readonly weights: string;
  /** Name of the run's folder. */
  readonly run: string | undefined;
  readonly architecture: string;
}): string {
  const called = isHubName(weights) ? parseHubName(weights).repo : (run ?? architecture);
  const cleaned = called
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .slice(0, 100)
    .replaceAll(/^[._-]+|[._-]+$/g, '');
  return cleaned === '' ? 'model' : cleaned;
}

/** `name`, or with -2, -3, … behind it: the first that is not among `taken`. */
export function freeName(name: string, taken: ReadonlySet<string>): string {
  let free = name;
  for (let number = 2; taken.has(free); number++) free = `${name.slice(0, 90)}-${number}`;
  return free;
}
