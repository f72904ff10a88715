import { Crossings } from '../../base/channel/crossing.ts';
import { CardinalError } from '../../base/errors.ts';
import { unreachable } from '../load-failure.ts';
import type { LoadedNetwork, NetworkLoader } from './load-network.ts';
import type { Locate } from './weights.ts';

/** What the script of all weights and networks gives: functions that make plain data. */
interface WeightsScript {
  readonly loadAnyNetwork: NetworkLoader;
  readonly locateAny: Locate;
}

/** Loads weights by a script of its own, which is loaded once. */
export const loadByScript: NetworkLoader = async (weights, settings, scripts) => {
  const { loadAnyNetwork } = await scriptOf(scripts.weights);
  const { of, ...facts } = await own(() => loadAnyNetwork(weights, settings, scripts));
  return {
    ...facts,
    of: (input) => {
      const network = ownNow(() => of(input));
      return {
        ...network,
        planInference: (batchSize, target) => ownNow(() => network.planInference(batchSize, target)),
      };
    },
  } satisfies LoadedNetwork;
};

/** Finds weights by the same script. */
export const locateByScript: Locate = async (name, options, scripts) => {
  const { locateAny } = await scriptOf(scripts.weights);
  const { source, known } = await own(() => locateAny(name, options, scripts));
  return { source: { ...source, read: (begin, length) => own(() => source.read(begin, length)) }, known };
};

async function scriptOf(url: string): Promise<WeightsScript> {
  try {
    return (await import(/* @vite-ignore */ /* webpackIgnore: true */ url)) as WeightsScript;
  } catch (error) {
    throw new CardinalError(`${url}, which reads such weights, cannot be loaded: ${unreachable(error)}`, {
      cause: error,
    });
  }
}

async function own<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw ownError(error);
  }
}

function ownNow<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw ownError(error);
  }
}

const crossings = new Crossings();

/** The script has classes of errors of its own, which are called as these are. */
function ownError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof CardinalError) return error;
  const { name, message, stack } = error;
  const crossing = { type: name, name, message, stack, code: undefined, cause: undefined };
  return crossings.unpack(crossing, () => undefined);
}
