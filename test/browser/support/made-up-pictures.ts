import { Rng } from '../../../src/base/rng.ts';
import type { OpenData } from '../../../src/data/open-data.ts';
import { pictureDataset, type PictureDataset } from '../../../src/data/source.ts';

/** Pictures of 16×16 in three classes, in memory: the same wherever they are made. */
export function madeUpPictures(count = 48): OpenData {
  const classes = ['a', 'b', 'c'];
  const split = (name: string, length: number): PictureDataset => {
    const rng = Rng.of(3, name);
    const labels = Int32Array.from({ length }, (_, n) => n % classes.length);
    const bytes = new Uint8Array(length * 768);
    for (let at = 0; at < bytes.length; at++) {
      bytes[at] = rng.int(128) + 40 * labels[Math.floor(at / 768)];
    }
    return pictureDataset({
      ...{ name, classes, labels, id: (index) => `${name}#${index}` },
      source: {
        ...{ kind: 'memory', bytes, width: 16, height: 16, channels: 3, layout: 'interleaved' },
        ...{ recordBytes: 768, pixelOffset: 0, rows: Uint32Array.from({ length }, (_, n) => n) },
      },
    });
  };
  return {
    ...{ kind: 'cifar10', path: 'made-up', classes, channels: 3, pictureSize: [16, 16], leftOut: [] },
    ...{ train: split('train', count), val: split('val', 12), test: undefined, valHeldOut: false },
  };
}

/** The same number of classes in PNG files. */
export function pngPictures(blobs: readonly Blob[]): OpenData {
  const classes = ['a', 'b', 'c'];
  const split = (name: string, contents: readonly Blob[]): PictureDataset => {
    const paths = contents.map((_, n) => `${name}/${classes[n % 3]}/${n}.png`);
    return pictureDataset({
      ...{ name, classes, labels: Int32Array.from(paths, (_, n) => n % 3) },
      ...{ source: { kind: 'files', paths, contents }, id: (index) => paths[index] },
    });
  };
  return {
    ...{ kind: 'folders', path: 'png', classes, channels: 3, pictureSize: undefined, leftOut: [] },
    ...{ train: split('train', blobs.slice(12)), val: split('val', blobs.slice(0, 12)), test: undefined },
    valHeldOut: false,
  };
}
