import type { Picture } from '../dataset.ts';

/*
 * Changes of a byte by its value, through tables of 256, as Pillow's ImageOps make them; byte for byte.
 */

/** 255 − v (`ImageOps.invert`). */
export function invert(picture: Picture): Picture {
  return mapped(picture, (value) => 255 - value);
}

/** Inverts all from `threshold` on (`ImageOps.solarize`); 256 changes nothing. */
export function solarize(picture: Picture, threshold: number): Picture {
  return mapped(picture, (value) => (value < threshold ? value : 255 - value));
}

/** Adds `amount` to all below 128, up to 255 (timm's and TensorFlow's `solarize_add`). */
export function solarizeAdd(picture: Picture, amount: number): Picture {
  return mapped(picture, (value) => (value < 128 ? Math.min(255, value + amount) : value));
}

/** Keeps the upper `bits`, 0 to 8, of each byte (`ImageOps.posterize`). */
export function posterize(picture: Picture, bits: number): Picture {
  const mask = ~(2 ** (8 - bits) - 1);
  return mapped(picture, (value) => value & mask);
}

/** Stretches each channel until its darkest value is 0 and its lightest 255 (`ImageOps.autocontrast`). */
export function autocontrast(picture: Picture): Picture {
  return byChannel(picture, (counts) => {
    const low = counts.findIndex((count) => count > 0);
    const high = counts.findLastIndex((count) => count > 0);
    if (high <= low) return undefined;
    const scale = 255 / (high - low);
    const offset = -low * scale;
    return (value) => Math.max(0, Math.min(255, Math.trunc(value * scale + offset)));
  });
}

/** Spreads each channel's values until all are about as frequent (`ImageOps.equalize`). */
export function equalize(picture: Picture): Picture {
  return byChannel(picture, (counts, pixels) => {
    const lightest = counts.findLast((count) => count > 0) ?? pixels;
    const step = Math.floor((pixels - lightest) / 255);
    if (step === 0) return undefined;
    let below = Math.floor(step / 2);
    const table = Array.from(counts, (count) => {
      const level = Math.min(255, Math.floor(below / step));
      below += count;
      return level;
    });
    return (value) => table[value];
  });
}

function mapped(picture: Picture, level: (value: number) => number): Picture {
  const table = Uint8Array.from({ length: 256 }, (_, value) => level(value));
  return { ...picture, data: picture.data.map((value) => table[value]) };
}

/** Changes each channel by what is made of its histogram; one of which nothing is made stays. */
function byChannel(
  picture: Picture,
  levelOf: (counts: Uint32Array, pixels: number) => ((value: number) => number) | undefined,
): Picture {
  const { width, height, channels, data } = picture;
  const result = data.slice();
  for (let channel = 0; channel < channels; channel++) {
    const counts = new Uint32Array(256);
    for (let at = channel; at < data.length; at += channels) counts[data[at]]++;
    const level = levelOf(counts, width * height);
    if (level === undefined) continue;
    const table = Uint8Array.from({ length: 256 }, (_, value) => level(value));
    for (let at = channel; at < data.length; at += channels) result[at] = table[data[at]];
  }
  return { ...picture, data: result };
}
