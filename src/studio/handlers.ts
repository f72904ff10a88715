import type { Handlers } from '../base/channel/service.ts';
import { dataHandlers } from './data/handlers.ts';
import { judgeHandlers } from './judge/handlers.ts';
import { insideHandlers } from './inside/handlers.ts';
import { inOrder } from './order.ts';
import { paperHandlers } from './paper/handlers.ts';
import type { StudioPlatform } from './platform.ts';
import type { StudioService } from './service.ts';
import { trainHandlers } from './train/handlers.ts';
import { useHandlers } from './use/handlers.ts';

/** Answers to all that the studio's page asks, on a platform. */
export function studioHandlers(platform: StudioPlatform): Handlers<StudioService> {
  return {
    about: () => platform.about,
    items: async () => inOrder(await platform.items(), await platform.runs.list()),
    ...dataHandlers(platform),
    ...judgeHandlers(platform),
    ...trainHandlers(platform),
    ...insideHandlers(platform),
    ...paperHandlers(platform),
    ...useHandlers(platform),
  };
}
