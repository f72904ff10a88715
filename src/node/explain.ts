import { checkOptions, wholeFrom, type Kinds } from '../base/options.ts';
import type { Picture } from '../data/dataset.ts';
import type { Region } from '../data/transforms/region.ts';
import type { ClassMap, Explanation, OverlayOptions } from '../use/explain/explanation.ts';
import type { Size } from '../use/explain/grad-cam.ts';
import { layOver } from './explain-overlay.ts';
import { loadSharp } from './sharp.ts';

const mostDrawn = 1024;
const leastDrawn = 256;

const kinds: Kinds<OverlayOptions> = {
  size: {
    expected: `a whole number from 1 to ${mostDrawn}`,
    is: (value) => wholeFrom(1).is(value) && Number(value) <= mostDrawn,
  },
};

/**
 * A map with its picture, drawn by sharp. A large picture is made smaller at once, so that an explanation that somebody keeps takes
 * little memory.
 */
export async function explanationOf(found: ClassMap, picture: Picture): Promise<Explanation> {
  const { width, height } = picture;
  const kept = longerSide(picture) > mostDrawn ? await scaled(picture, mostDrawn) : picture;
  return {
    ...found,
    async overlay(options = {}) {
      checkOptions('overlay', options, kinds);
      const side = options.size ?? Math.max(leastDrawn, longerSide(kept));
      return png(await overlayOf(found, { width, height }, kept, side));
    },
  };
}

/** A map over a picture, or over a smaller copy of one of the size `whole`, with a longer side of `side` pixels. */
export async function overlayOf(
  found: ClassMap,
  whole: Size,
  picture: Picture,
  side: number,
): Promise<Picture> {
  const drawn = await scaled(picture, side);
  return layOver(drawn, { ...found, region: regionIn(drawn, found.region, whole) });
}

/** A picture as a PNG, with a longer side of at most `size` pixels. */
export async function drawPicture(picture: Picture, size: number): Promise<Uint8Array> {
  return png(longerSide(picture) > size ? await scaled(picture, size) : picture);
}

/** A region of a picture of the size `whole`, in the pixels of that picture in another size. */
function regionIn({ width, height }: Size, region: Region, whole: Size): Region {
  const across = width / whole.width;
  const down = height / whole.height;
  return {
    left: region.left * across,
    top: region.top * down,
    width: region.width * across,
    height: region.height * down,
  };
}

function longerSide({ width, height }: Size): number {
  return Math.max(width, height);
}

/** The picture with a longer side of `size` pixels. */
async function scaled(picture: Picture, size: number): Promise<Picture> {
  if (longerSide(picture) === size) return picture;
  const { data, ...raw } = picture;
  const { data: resized, info } = await loadSharp()(data, { raw })
    .resize(size, size, { fit: 'inside' })
    .toColourspace(raw.channels === 1 ? 'b-w' : 'srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data: resized, width: info.width, height: info.height, channels: raw.channels };
}

function png({ data, ...raw }: Picture): Promise<Uint8Array> {
  return loadSharp()(data, { raw }).png().toBuffer();
}
