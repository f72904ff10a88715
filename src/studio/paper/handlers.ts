import * as z from 'zod/mini';
import type { Handlers } from '../../base/channel/service.ts';
import type { StudioPlatform } from '../platform.ts';
import { argument, id, whole } from '../schemas.ts';
import { someBatches } from './batches.ts';
import { equalForms } from './forms.ts';
import { timeGroups } from './groups.ts';
import type { PaperCalls } from './service.ts';
import { gradientsIn, lookAtGradients, shortcutPictures } from './shortcuts.ts';

const seed = whole(0, Number.MAX_SAFE_INTEGER);
const shortcuts = z.strictObject({
  ...{ data: id, blocks: whole(1, 18), network: z.enum(['resnet', 'resnext']) },
  ...{ steps: whole(0, 500), seed },
});
const mostNumbers = 2 ** 22;
const groups = z
  .strictObject({
    what: z.enum(['layer', 'block']),
    ...{ channels: whole(8, 1024), size: whole(4, 112), batch: whole(1, 32) },
  })
  .check(
    z.refine(({ channels }) => Number.isInteger(Math.log2(channels)), {
      error: 'expected channels that are a power of 2',
    }),
    z.refine(({ what, channels }) => what === 'layer' || channels === 256, {
      error: "expected the 256 channels of the paper's block",
    }),
    z.refine(({ channels, size, batch }) => channels * size ** 2 * batch <= mostNumbers, {
      error: 'expected fewer channels, smaller pictures or fewer of them: at most 4 million numbers',
    }),
  );
const forms = z.strictObject({
  ...{ cardinality: whole(1, 128), width: whole(1, 128), seed, isChanged: z.boolean() },
});

/** What is asked of a platform. */
type Platform = Pick<StudioPlatform, 'backend' | 'data' | 'readPicture'>;

/** Batches of training pictures that are gone through, at most. */
const mostBatches = 8;

/** Answers of the room Paper. */
export function paperHandlers(platform: Platform): Handlers<PaperCalls> {
  return {
    shortcutGradients: async (args, { signal, tell }) => {
      const query = argument('shortcutGradients', shortcuts, args);
      const { batchSize, size } = shortcutPictures;
      const count = Math.min(mostBatches, Math.max(1, query.steps));
      const wanted = { count, batchSize, size, seed: query.seed, signal };
      const some = await someBatches(await platform.data(query.data), platform, wanted);
      const backend = await platform.backend();
      let done = 0;
      const onStep = (): void => {
        tell('progress', ++done, 2 * gradientsIn(query));
      };
      const shared = { ...query, some, backend, signal, onStep };
      const residual = await lookAtGradients({ ...shared, residual: true });
      const plain = await lookAtGradients({ ...shared, residual: false });
      return { batch: some.batchSize, size, skipped: some.skipped, residual, plain };
    },
    timeGroups: async (args, { signal, tell }) => {
      const query = argument('timeGroups', groups, args);
      return timeGroups(query, await platform.backend(), {
        signal,
        onTimes: (times) => {
          tell('timed', times);
        },
      });
    },
    equalForms: async (args, { signal }) => {
      const query = argument('equalForms', forms, args);
      return equalForms(query, await platform.backend(), signal);
    },
  };
}
