import { describe, expect, test } from 'vitest';

import { Rng } from '../../src/base/rng.ts';
import type { Picture } from '../../src/data/dataset.ts';
import { preprocess } from '../../src/data/pipeline.ts';
import { imagenetStatistics, type Preprocessing } from '../../src/data/preprocessing.ts';
import { interpolations } from '../../src/data/transforms/filters.ts';
import { withChannels } from '../../src/data/transforms/grey.ts';
import { resize, sizeOfShortSide } from '../../src/data/transforms/resize.ts';
import { loadPicture } from '../../src/node/data/decode.ts';
import { seed } from '../support/seed.ts';
import { asked, findPillow } from '../support/pillow.ts';

/**
 * Random cases against the Pillow and torchvision of this machine, where there are any. test/fixtures/pillow.json has
 * fewer cases, and is checked everywhere.
 */
const pillow = findPillow();
if (!pillow) console.warn('SKIPPED: no python3 with Pillow here (Debian: apt-get install python3-pil)');
else if (!pillow.torchvision)
  console.warn('SKIPPED: python3 has no torchvision (apt-get install python3-torchvision)');

/** Whole numbers from 1 on, as many small as large ones. */
const extent = (rng: Rng, largest: number): number =>
  Math.floor(Math.exp(rng.uniform(0, Math.log(largest + 1))));

const oneOf = <T>(rng: Rng, choices: readonly T[]): T => choices[rng.int(choices.length)];

/** Noise, stripes of black and white (where negative weights overshoot), or a smooth shade. */
function randomPicture(rng: Rng, largest = 300): Picture {
  const [width, height, channels] = [extent(rng, largest), extent(rng, largest), oneOf(rng, [1, 3] as const)];
  const data = new Uint8Array(width * height * channels);
  const kind = rng.int(3);
  for (let i = 0; i < data.length; i++) {
    const noise = rng.int(256);
    data[i] = kind === 0 ? noise : kind === 1 ? (noise & 64) * 255 : (i / 7 + (noise & 3)) & 255;
  }
  return { width, height, channels, data };
}

function randomRegion(
  rng: Rng,
  { width, height }: Picture,
): [left: number, top: number, w: number, h: number] {
  if (rng.float() < 0.5) return [0, 0, width, height];
  const [w, h] = [extent(rng, width), extent(rng, height)];
  return [rng.int(width - w + 1), rng.int(height - h + 1), w, h];
}

/** Preprocessing as torchvision's users write it: Resize(int) or Resize((h, w)), with and without CenterCrop. */
function randomPreprocessing(rng: Rng, { width, height, channels }: Picture): Preprocessing {
  const size: [number, number] = [extent(rng, 80), extent(rng, 80)];
  let shortSide = rng.float() < 0.25 ? null : extent(rng, 100);
  if (shortSide !== null) {
    const [w, h] = sizeOfShortSide(width, height, shortSide);
    if (w * h > 200_000) shortSide = null;
  }
  const { mean, std } = imagenetStatistics;
  return {
    channels,
    size,
    resize: shortSide,
    interpolation: oneOf(rng, interpolations),
    mean: mean.map((value) => (rng.float() < 0.5 ? value : rng.float())).slice(0, channels),
    std: std.map((value) => (rng.float() < 0.5 ? value : rng.uniform(0.05, 1.5))).slice(0, channels),
  };
}

interface Encoding {
  readonly format: 'JPEG' | 'PNG' | 'WebP' | 'TIFF' | 'BMP' | 'PPM';
  readonly mode: string;
  /** EXIF's, from 1 (upright) to 8. */
  readonly orientation: number;
  readonly options: Readonly<Record<string, number | boolean | string>>;
}

/** A file format with Pillow's mode of the pixels and options of the encoder. */
function randomEncoding(rng: Rng): Encoding {
  const format = oneOf(rng, ['JPEG', 'JPEG', 'PNG', 'WebP', 'TIFF', 'TIFF', 'BMP', 'PPM'] as const);
  const modes = {
    JPEG: ['RGB', 'RGB', 'L', 'CMYK'],
    PNG: ['RGB', 'RGBA', 'L', 'LA', 'P', '1'],
    WebP: ['RGB', 'RGBA'],
    TIFF: ['RGB', 'RGBA', 'L', 'LA', 'P', '1', 'CMYK'],
    BMP: ['RGB', 'RGBA', 'L', 'P', '1'],
    PPM: ['RGB', 'L', '1'],
  };
  const mode = oneOf(rng, modes[format]);
  const compressions = [
    'raw',
    'tiff_lzw',
    'tiff_adobe_deflate',
    'packbits',
    ...(mode === '1' ? ['group3', 'group4'] : []),
  ];
  const options = {
    JPEG: { quality: 1 + rng.int(100), subsampling: rng.int(3), progressive: rng.float() < 0.5 },
    PNG: {},
    WebP: { quality: 1 + rng.int(100), lossless: rng.float() < 0.5 },
    TIFF: { compression: oneOf(rng, compressions) },
    BMP: {},
    PPM: {},
  };
  const orientation = format === 'BMP' || format === 'PPM' ? 1 : 1 + rng.int(8);
  return { format, mode, orientation, options: options[format] };
}

/** A file that test/support/bitmaps.py makes. */
function randomBitmap(rng: Rng): object {
  const size = { seed: rng.int(2 ** 30), width: extent(rng, 60), height: extent(rng, 40) };
  if (rng.float() < 0.4) {
    const most = oneOf(rng, [255, 1 + rng.int(255), 256 + rng.int(65_280), 65_535]);
    const kind = 1 + rng.int(6);
    // Older Pillows clip grey of more than 255 levels.
    return {
      format: 'ppm',
      options: { ...size, kind, most: kind === 2 || kind === 5 ? Math.min(most, 255) : most },
    };
  }
  const masks: Readonly<Record<number, readonly (readonly number[])[]>> = {
    16: [
      [0xf800, 0x7e0, 0x1f],
      [0x7c00, 0x3e0, 0x1f],
    ],
    24: [[0xff0000, 0xff00, 0xff]],
    32: [
      [0xff0000, 0xff00, 0xff],
      [0xff000000, 0xff0000, 0xff00],
    ],
  };
  const bits = oneOf(rng, [1, 4, 8, 16, 24, 32] as const);
  const header = oneOf(rng, [12, 40, 108, 124]);
  if (header === 12) return { format: 'bmp', options: { ...size, bits: Math.min(bits, 24), header } };
  const runs = (bits === 4 || bits === 8) && rng.float() < 0.5;
  const chosen = bits >= 16 && rng.float() < 0.5 ? oneOf(rng, masks[bits]) : undefined;
  return {
    format: 'bmp',
    options: {
      ...size,
      bits,
      header,
      top_down: !runs && rng.float() < 0.5,
      runs,
      ...(chosen && { masks: chosen }),
    },
  };
}

const cases = <T>(name: string, count: number, make: (rng: Rng) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(Rng.of(seed, name, i)));

describe.skipIf(!pillow)(`against Pillow ${pillow?.pillow ?? '(not here)'}`, () => {
  test('400 resized pictures and regions, all filters, the same bytes', () => {
    const all = cases('resize', 400, (rng) => {
      const picture = randomPicture(rng);
      const to: [number, number] = [extent(rng, 300), extent(rng, 300)];
      return { picture, region: randomRegion(rng, picture), to, interpolation: oneOf(rng, interpolations) };
    });
    const answers = pillow?.ask(
      all.map(({ picture, ...rest }) => ({ ask: 'resize', ...asked(picture), ...rest })),
    );
    all.forEach(({ picture, region, to, interpolation }, i) => {
      const [left, top, width, height] = region;
      const { data } = resize(picture, ...to, interpolation, { left, top, width, height });
      const label = `${interpolation} of ${String(region)} in ${picture.width}×${picture.height}×${picture.channels} to ${String(to)}`;
      expect(Buffer.compare(data, answers?.[i] ?? Buffer.alloc(0)), label).toBe(0);
    });
  });

  test('200 bitmaps of the kinds that Pillow only reads are decoded to the same bytes', async () => {
    const all = cases('bitmaps', 200, (rng) => ({ ask: 'bitmap', ...randomBitmap(rng) }));
    const files = pillow?.ask(all) ?? [];
    const answers = pillow?.ask(
      files.map((file) => ({ ask: 'decode', file: Buffer.from(file).toString('base64') })),
    );
    for (const [i, made] of all.entries()) {
      const picture = withChannels(await loadPicture(files[i]), 3);
      expect(Buffer.compare(picture.data, answers?.[i] ?? Buffer.alloc(0)), JSON.stringify(made)).toBe(0);
    }
  });

  test('300 encoded files are decoded to the same bytes', async () => {
    const all = cases('files', 300, (rng) => ({ ...asked(randomPicture(rng, 120)), ...randomEncoding(rng) }));
    const files = pillow?.ask(all.map((each) => ({ ask: 'encode', ...each }))) ?? [];
    const answers = pillow?.ask(
      files.map((file) => ({ ask: 'decode', file: Buffer.from(file).toString('base64') })),
    );
    for (const [i, { mode, format, orientation, options, from }] of all.entries()) {
      const { data } = withChannels(await loadPicture(files[i]), 3);
      const label = `${format} ${mode} of ${String(from)}, orientation ${orientation}, ${JSON.stringify(options)}`;
      expect(Buffer.compare(data, answers?.[i] ?? Buffer.alloc(0)), label).toBe(0);
    }
  });

  test('grey, every red with random greens and blues', () => {
    const rng = Rng.of(seed, 'grey');
    const data = Uint8Array.from({ length: 256 * 256 * 3 }, (_, i) =>
      i % 3 === 0 ? (i / 3) & 255 : rng.int(256),
    );
    const picture: Picture = { width: 256, height: 256, channels: 3, data };
    const answers = pillow?.ask([{ ask: 'grey', ...asked(picture) }]);
    expect(Buffer.compare(withChannels(picture, 1).data, answers?.[0] ?? Buffer.alloc(0))).toBe(0);
  });
});

describe.skipIf(!pillow?.torchvision)(`against torchvision ${pillow?.torchvision ?? '(not here)'}`, () => {
  test('300 pictures through Resize, CenterCrop, ToTensor and Normalize, the same bits', () => {
    const all = cases('evaluate', 300, (rng) => {
      const picture = randomPicture(rng);
      return { picture, preprocessing: randomPreprocessing(rng, picture) };
    });
    const answers = pillow?.ask(
      all.map(({ picture, preprocessing }) => ({
        ask: 'evaluate',
        ...asked(picture),
        ...preprocessing,
        resize: preprocessing.resize ?? preprocessing.size,
        crop: preprocessing.resize === null ? null : preprocessing.size,
      })),
    );
    all.forEach(({ picture, preprocessing }, i) => {
      const input = preprocess(picture, preprocessing);
      const label = `${picture.width}×${picture.height}×${picture.channels} by ${JSON.stringify(preprocessing)}`;
      expect(Buffer.compare(new Uint8Array(input.buffer), answers?.[i] ?? Buffer.alloc(0)), label).toBe(0);
    });
  });
});
