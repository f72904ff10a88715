import { UsageError } from '../../base/errors.ts';
import type { Picture } from '../dataset.ts';
import type { CheckedSample, MemorySource, PictureSource } from '../picture-source.ts';
import { sharedBytes, sharedMemory } from '../shared-memory.ts';
import { pictureDataset, type PictureDataset } from '../source.ts';
import { FloatPixels } from './own-samples.ts';

/** Bytes of pictures that are kept at most: an iterable that does not end must not fill the memory. */
const mostKept = 2 ** 32;

/** Gathers pictures of a program, which may use their arrays again, and makes a dataset of them. */
export class KeptPictures {
  readonly #name: string;
  readonly #samples: CheckedSample[] = [];
  #bytes = 0;

  /** @param name what they are called: `train` */
  constructor(name: string) {
    this.#name = name;
  }

  get length(): number {
    return this.#samples.length;
  }

  /** Throws a `UsageError` if they become too many. */
  add({ picture, label, name }: CheckedSample): void {
    const copy =
      picture instanceof FloatPixels
        ? new FloatPixels(picture, picture.floats.slice())
        : { ...picture, data: picture.data.slice() };
    this.#bytes += copy instanceof FloatPixels ? copy.floats.byteLength : copy.data.byteLength;
    if (this.#bytes > mostKept) {
      throw new UsageError(
        `ownData: the pictures of ${this.#name} take more than 4 GiB: give a function that begins them anew, { length, stream }`,
      );
    }
    this.#samples.push({ picture: copy, label, name });
  }

  /** The pictures as a dataset called `title`. Throws a `UsageError` if there are none, or some have numbers and others bytes. */
  dataset(title: string, classes: readonly string[]): PictureDataset {
    const samples = this.#samples;
    const names = samples.map(({ name }, index) => name ?? `${this.#name}[${index}]`);
    const labels = new Int32Array(sharedMemory(4 * samples.length));
    samples.forEach(({ label }, index) => (labels[index] = label));
    const pictures = samples.map(({ picture }) => picture);
    const source = sourceOf(pictures, this.#name, names);
    return pictureDataset({ name: title, classes, labels, source, id: (index) => names[index] });
  }
}

function sourceOf(pictures: readonly Picture[], name: string, names: readonly string[]): PictureSource {
  if (pictures.length === 0) throw new UsageError(`ownData: expected pictures in ${name}, got none`);
  const floats = pictures.filter((picture) => picture instanceof FloatPixels);
  if (floats.length > 0 && floats.length < pictures.length) {
    throw new UsageError(
      `ownData: expected the pictures of ${name} to have all bytes or all numbers, got both`,
    );
  }
  const other = pictures.findIndex((picture) => sizeOf(picture) !== sizeOf(pictures[0]));
  if (floats.length === 0) return other < 0 ? byteSource(pictures) : fileSource(pictures, names);
  if (other < 0) return floatSource(floats);
  throw new UsageError(
    `ownData: expected pictures of numbers to have one size, got ${sizeOf(pictures[0])} and, of ${names[other]}, ${sizeOf(pictures[other])}`,
  );
}

function sizeOf({ width, height, channels }: Picture): string {
  return `${width}×${height}×${channels}`;
}

/** Records of so many bytes for pictures of one size. */
function emptySource({ width, height, channels }: Picture, count: number, recordBytes: number): MemorySource {
  const rows = new Uint32Array(sharedMemory(4 * count));
  for (let row = 0; row < count; row++) rows[row] = row;
  const bytes = sharedBytes(recordBytes * count);
  const layout = 'interleaved';
  return { kind: 'memory', width, height, channels, layout, recordBytes, pixelOffset: 0, rows, bytes };
}

function byteSource(pictures: readonly Picture[]): MemorySource {
  const size = pictures[0].data.length;
  const source = emptySource(pictures[0], pictures.length, size);
  pictures.forEach(({ data }, index) => {
    source.bytes.set(data, index * size);
  });
  return source;
}

/**
 * Numbers with the nearest bytes behind them: those are for reports and whatever looks at pictures. A record is hashed as a whole, so
 * the least change of a number is noticed.
 */
function floatSource(pictures: readonly FloatPixels[]): MemorySource {
  const count = pictures[0].floats.length;
  const pixelOffset = 4 * count;
  // Numbers begin at multiples of four bytes.
  const recordBytes = pixelOffset + 4 * Math.ceil(count / 4);
  const source = {
    ...emptySource(pictures[0], pictures.length, recordBytes),
    pixelOffset,
    floats: true as const,
  };
  pictures.forEach((picture, index) => {
    floatsOf(source, index).set(picture.floats);
    source.bytes.set(picture.data, index * recordBytes + pixelOffset);
  });
  return source;
}

/** The numbers of a sample of such a source. */
export function floatsOf(
  { bytes, rows, recordBytes, pixelOffset }: MemorySource,
  index: number,
): Float32Array {
  return new Float32Array(bytes.buffer, bytes.byteOffset + rows[index] * recordBytes, pixelOffset / 4);
}

/** Pictures of several sizes, each as a Netpbm file, which every platform decodes without loss. */
function fileSource(pictures: readonly Picture[], names: readonly string[]): PictureSource {
  const encoder = new TextEncoder();
  const contents = pictures.map(({ width, height, channels, data }) => {
    const header = encoder.encode(`${channels === 1 ? 'P5' : 'P6'} ${width} ${height} 255\n`);
    const file = new Uint8Array(header.length + data.length);
    file.set(header);
    file.set(data, header.length);
    return new Blob([file]);
  });
  const paths = names.map((name, index) => `${name}${pictures[index].channels === 1 ? '.pgm' : '.ppm'}`);
  return { kind: 'files', paths, contents };
}
