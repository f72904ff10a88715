import * as z from 'zod/mini';
import type { Handlers } from '../../base/channel/service.ts';
import { splitOf } from '../data/handlers.ts';
import type { StudioPlatform } from '../platform.ts';
import { argument, id, split } from '../schemas.ts';
import { judge } from './judge.ts';
import type { JudgeCalls } from './service.ts';

const query = z.strictObject({ weights: id, data: id, split });
const saved = z.strictObject({ weights: id, temperature: z.number().check(z.positive()) });

/** Answers of the room Judge. */
export function judgeHandlers(platform: StudioPlatform): Handlers<JudgeCalls> {
  return {
    judge: async (args, { signal, tell }) => {
      const { weights, data, split } = argument('judge', query, args);
      const dataset = splitOf(await platform.data(data), split);
      return judge(await platform.trained(weights), dataset, platform, {
        signal,
        onProgress: (done, total) => {
          tell('progress', done, total);
        },
      });
    },
    saveTemperature: async (args) => {
      const { weights, temperature } = argument('saveTemperature', saved, args);
      return platform.saveTemperature(weights, temperature);
    },
  };
}
