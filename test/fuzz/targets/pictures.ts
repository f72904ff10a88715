import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { Rng } from '../../../src/base/rng.ts';
import { pictureFormatOf } from '../../../src/data/picture-format.ts';
import { loadPicture } from '../../../src/node/data/decode.ts';
import { bmp as bmpFile, ppm as ppmFile } from '../bitmap-seeds.ts';
import { avif, bmp, gif, jpeg, png, ppm, tiff, webp } from '../formats/pictures.ts';
import { mutateRecords, type Records } from '../formats/records.ts';
import type { Target } from '../target.ts';

/** Small pictures of noise, in the variants of each format. */
const seeds: Readonly<Record<string, () => Promise<Uint8Array[]>>> = {
  jpeg: () => encodedAll([{ quality: 80 }, { progressive: true }, { chromaSubsampling: '4:4:4' }], (picture, options) => picture.jpeg(options)), // prettier-ignore
  png: () => encodedAll([{}, { palette: true, colours: 8 }, { progressive: true }], (picture, options) => picture.png(options)), // prettier-ignore
  webp: () => encodedAll([{}, { lossless: true }], (picture, options) => picture.webp(options)),
  gif: () => encodedAll([{}], (picture) => picture.gif()),
  tiff: () => encodedAll([{ compression: 'none' }, { compression: 'lzw' }, { compression: 'jpeg' }, { compression: 'deflate', tile: true, tileWidth: 16, tileHeight: 16 }] as const, (picture, options) => picture.tiff(options)), // prettier-ignore
  avif: () => encodedAll([{ effort: 0 }], (picture, options) => picture.avif(options)),
  bmp: () => Promise.resolve(bmpFile()),
  ppm: () => Promise.resolve(ppmFile()),
};

const formats: Readonly<Record<string, Records>> = { jpeg, png, webp, gif, tiff, avif, bmp, ppm };

/** More would be within what a small file may take for these. */
const maxPixels = 2 ** 20;

export const pictures: readonly Target[] = Object.entries(formats).map(([name, format]) => ({
  name,
  seeds: seeds[name],
  early: (bytes) => pictureFormatOf(bytes) !== name,
  begins: /^cannot read the picture \S*damaged/,
  mutate: (bytes, rng, others) => mutateRecords(format, bytes, rng, others),
  async read(bytes, { folder, file, fault }) {
    const path = join(folder, `${file}.jpg`.replaceAll(' ', '-'));
    writeFileSync(path, bytes);
    const { width, height, channels, data } = await loadPicture(path, { maxPixels });
    if (data.length !== width * height * channels)
      fault(`${data.length} bytes for ${width}×${height}×${channels}`);
    if (width * height > maxPixels) fault(`${width}×${height} pixels, more than ${maxPixels}`);
  },
}));

async function encodedAll<T>(
  variants: readonly T[],
  encode: (picture: Sharp, options: T) => Sharp,
): Promise<Uint8Array[]> {
  const files: Uint8Array[] = [];
  for (const [width, height] of [
    [24, 17],
    [40, 40],
  ]) {
    const rng = Rng.of(5, width);
    const data = Uint8Array.from({ length: 3 * width * height }, (_, i) => (i % 97) + rng.int(60));
    for (const options of variants) {
      const picture = sharp(data, { raw: { width, height, channels: 3 } });
      files.push(new Uint8Array(await encode(picture, options).toBuffer()));
    }
  }
  return files;
}
