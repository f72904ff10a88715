import { computed, effect, signal } from '@preact/signals';
import type {
  InsideNetwork,
  LayerMaps,
  ListedPicture,
  PictureExplained,
  PictureRef,
  Pixels,
  SplitName,
  StudioItem,
} from 'cardinal-nn/studio';
import { whenReady } from '../engine/engine.ts';
import { chosenOf } from '../parts/chosen.ts';
import { Question } from './question.ts';

/** What a visitor has chosen. */
export const data = signal<string | undefined>(undefined);
export const picture = signal<PictureRef | undefined>(undefined);
/** The class that is explained. Undefined: the likeliest. */
export const label = signal<number | undefined>(undefined);
export const method = signal<'grad-cam' | 'occlusion'>('grad-cam');
export const layer = signal<string | undefined>(undefined);

/** What the engine says. */
export const items = new Question<readonly StudioItem[]>();
/** The network that all rooms speak of. */
export const weights = computed(() => {
  const { value } = items.answer;
  return value.kind === 'there' ? chosenOf(value.value)?.id : undefined;
});
export const network = new Question<InsideNetwork>();
export const listed = new Question<{
  readonly split: SplitName;
  readonly pictures: readonly ListedPicture[];
}>();
export const pixels = new Question<Pixels>();
export const explained = new Question<PictureExplained>();
export const maps = new Question<LayerMaps>();

/** Pictures of data that can be chosen. */
const mostListed = 40;
/** Longer side of a picture that is shown. */
const shownSide = 480;

/** Asks for what the choices need, whenever they change. Gives what ends that. */
export function begin(): () => void {
  items.ask(async () => (await whenReady()).call('items', []));
  const effects = [
    effect(() => {
      const { value } = items.answer;
      if (value.kind !== 'there') return;
      data.value ??= value.value.find(({ kind }) => kind === 'data')?.id;
    }),
    effect(() => {
      const of = weights.value;
      label.value = undefined;
      layer.value = undefined;
      if (of === undefined) network.clear();
      else network.ask(async (signal) => (await whenReady()).call('inside', [{ weights: of }], { signal }));
    }),
    effect(() => {
      const of = data.value;
      if (of === undefined) listed.clear();
      else listed.ask((signal) => list(of, signal));
    }),
    effect(() => {
      const of = picture.value;
      if (of === undefined) pixels.clear();
      else {
        pixels.ask(async (signal) =>
          (await whenReady()).call('picture', [{ picture: of, side: shownSide }], { signal }),
        );
      }
    }),
    effect(() => {
      const query = {
        weights: weights.value,
        picture: picture.value,
        method: method.value,
        label: label.value,
      };
      const { weights: of, picture: shown } = query;
      if (of === undefined || shown === undefined) explained.clear();
      else {
        explained.ask(async (signal, progress) =>
          (await whenReady()).call('explainPicture', [{ ...query, weights: of, picture: shown }], {
            signal,
            on: { progress },
          }),
        );
      }
    }),
    effect(() => {
      const [of, shown, at] = [weights.value, picture.value, layer.value];
      if (of === undefined || shown === undefined || at === undefined) maps.clear();
      else {
        maps.ask(async (signal) =>
          (await whenReady()).call('layerMaps', [{ weights: of, picture: shown, layer: at }], { signal }),
        );
      }
    }),
  ];
  return () => {
    for (const end of effects) end();
    for (const question of [items, network, listed, pixels, explained, maps]) question.clear();
  };
}

/** Uploads a visitor's picture and looks at it. */
export function look(file: File): void {
  pixels.ask(async (signal) => {
    const engine = await whenReady();
    const bytes = new Uint8Array(await file.arrayBuffer());
    const upload = await engine.call('upload', [{ name: file.name, bytes }], { signal });
    const shown = await engine.call('picture', [{ picture: { upload }, side: shownSide }], { signal });
    picture.value = { upload };
    return shown;
  });
}

async function list(
  of: string,
  signal: AbortSignal,
): Promise<{ readonly split: SplitName; readonly pictures: readonly ListedPicture[] }> {
  const engine = await whenReady();
  const { splits } = await engine.call('describeData', [{ data: of }], { signal });
  const split = (['test', 'val', 'train'] as const).find((one) => splits[one] !== undefined) ?? 'train';
  const query = { data: of, split, from: 0, count: mostListed };
  return { split, pictures: await engine.call('listPictures', [query], { signal }) };
}
