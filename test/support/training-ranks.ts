import type { TrainingRanks } from '../../src/train/ranks.ts';
import { createCommunicators } from './communicators.ts';

/** Ranks within one process that tell each other what those of several processes do. */
export function createTrainingRanks(size: number): readonly TrainingRanks[] {
  const rounds: { readonly values: unknown[]; readonly all: PromiseWithResolvers<unknown[]> }[] = [];
  return createCommunicators(size).map((communicator, rank) => {
    let round = 0;
    const gather = async <T>(value: T): Promise<T[]> => {
      const { values, all } = (rounds[round++] ??= { values: [], all: Promise.withResolvers<unknown[]>() });
      values[rank] = value;
      if (Object.keys(values).length === size) all.resolve(values);
      return (await all.promise) as T[];
    };
    const together = async <T>(work: () => T | Promise<T>): Promise<T> => {
      const [outcome] = await Promise.allSettled([Promise.resolve().then(work)]);
      const failed = (await gather(outcome)).find(({ status }) => status === 'rejected');
      if (failed?.status === 'rejected') throw failed.reason;
      if (outcome.status === 'rejected') throw outcome.reason;
      return outcome.value;
    };
    return {
      rank,
      size,
      startAllReduce: (values) => communicator.startAllReduce(values),
      // As MPI's ranks do, in text.
      share: <T>(value: T) => gather(JSON.parse(JSON.stringify(value)) as T),
      broadcast: async (bytes) => (await gather(bytes ?? new Uint8Array()))[0],
      sum: async (values) => {
        const given = await gather(values);
        return values.map((_, n) => given.reduce((total, own) => total + own[n], 0));
      },
      any: async (wish) => (await gather(wish)).includes(true),
      agree: async (facts) => {
        const told = new Set((await gather(facts)).map((own) => JSON.stringify(own)));
        if (told.size > 1) throw new Error(`ranks differ: ${[...told].join(', ')}`);
      },
      together,
      fromFirst: async (work) => (await gather(rank === 0 ? await work() : undefined))[0] as never,
    };
  });
}
