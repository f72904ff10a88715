import * as z from 'zod/mini';
import type { Handlers } from '../../base/channel/service.ts';
import { sizeOf } from '../../base/shape.ts';
import { Kept } from '../kept.ts';
import { pictureOf } from '../pictures.ts';
import type { StudioPlatform } from '../platform.ts';
import { argument, id, pictureRef, whole } from '../schemas.ts';
import { filtersOf } from './filters.ts';
import { Inspector, type Inspected } from './inspector.ts';
import type { InsideCalls } from './service.ts';

const name = z.string().check(z.minLength(1), z.maxLength(1000));
const label = z.optional(whole(0, 2 ** 31));
const ofWeights = z.strictObject({ weights: id });
const ofPicture = { weights: id, picture: pictureRef };
const toExplain = z.strictObject({ ...ofPicture, method: z.enum(['grad-cam', 'occlusion']), label });
const ofLayer = z.strictObject({ ...ofPicture, layer: name });
const ofPaths = z.strictObject({
  ...ofPicture,
  label,
  blocks: z.optional(z.array(name).check(z.maxLength(1000))),
});
const span = z.strictObject({ from: whole(0, 2 ** 31), count: whole(1, 4096) });
const ofFilters = z.strictObject({ weights: id, layer: name, outputs: span, inputs: span });

/** Networks that are looked into at a time. */
const mostNetworks = 2;
/** Classes that are listed, and numbers of a layer that are sent: a hundred maps of a picture's size. */
const mostClasses = 5;
const mostNumbers = 2 ** 22;

/** What is asked of a platform. */
type Platform = Pick<StudioPlatform, 'backend' | 'data' | 'readPicture' | 'uploaded'> & {
  trained(id: string): Promise<Inspected>;
};

/** Answers of the room "Look inside". */
export function insideHandlers(platform: Platform): Handlers<InsideCalls> {
  const inspectors = new Kept<Inspector>(mostNetworks, (inspector) => inspector.dispose());
  const keys = new WeakMap<Inspected, string>();
  let loaded = 0;
  const inspect = async (weights: string): Promise<Inspector> => {
    const trained = await platform.trained(weights);
    const key = keys.get(trained) ?? `${weights} ${++loaded}`;
    keys.set(trained, key);
    return inspectors.get(key, async () => Inspector.open(trained, await platform.backend()));
  };
  return {
    inside: async (args) => {
      const { weights } = argument('inside', ofWeights, args);
      return (await inspect(weights)).about;
    },
    explainPicture: async (args, { signal, tell }) => {
      const query = argument('explainPicture', toExplain, args);
      const inspector = await inspect(query.weights);
      const picture = await pictureOf(platform, query.picture);
      const top = await inspector.classify(picture, mostClasses, signal);
      const asked = { label: query.label, signal };
      const found =
        query.method === 'grad-cam'
          ? await inspector.explainer.explain(picture, asked)
          : await inspector.explainer.occlusion(picture, {
              ...asked,
              batches: inspector.batches(signal),
              onProgress: ({ done, of }) => {
                tell('progress', done, of);
              },
            });
      const { label: of, map, width, height, probability } = found;
      return { top, label: of, probability, map, width, height, region: inspector.regionSeen(picture) };
    },
    layerMaps: async (args, { signal }) => {
      const { weights, picture: asked, layer } = argument('layerMaps', ofLayer, args);
      const inspector = await inspect(weights);
      const picture = await pictureOf(platform, asked);
      const found = await inspector.explainer.activations(picture, { layers: [layer], signal });
      const { shape, data } = found[layer];
      const [, channels, ...places] = shape;
      const shown = Math.min(channels, Math.max(1, Math.floor(mostNumbers / sizeOf(places))));
      return {
        ...{ shape: [shown, ...places], data: data.slice(0, shown * sizeOf(places)), channels },
        region: inspector.regionSeen(picture),
      };
    },
    filters: async (args) => {
      const { weights, ...query } = argument('filters', ofFilters, args);
      const { model } = await platform.trained(weights);
      return filtersOf(model, query);
    },
    pathShares: async (args, { signal, tell }) => {
      const query = argument('pathShares', ofPaths, args);
      const inspector = await inspect(query.weights);
      const {
        label: of,
        logit,
        blocks,
      } = await inspector.explainer.pathContributions(await pictureOf(platform, query.picture), {
        ...{ label: query.label, blocks: query.blocks, signal },
        onProgress: (progress) => {
          tell('progress', progress);
        },
      });
      return { label: of, logit, blocks };
    },
  };
}
