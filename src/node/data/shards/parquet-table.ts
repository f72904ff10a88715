import * as zlib from 'node:zlib';
import { parquetMetadataAsync, parquetReadObjects, type Compressors, type FileMetaData } from 'hyparquet';
import * as z from 'zod/mini';
import { described } from '../../../base/described.ts';
import { CardinalError, messageOf, ShortageError } from '../../../base/errors.ts';
import { isShortage } from '../../../base/file-errors.ts';
import { quoted, shortened } from '../../../base/quoted.ts';
import { validate } from '../../../base/validate.ts';
import type { FileByteSource } from '../../byte-source.ts';

/** A row of a table of pictures. */
export interface PictureRow {
  readonly bytes: Uint8Array;
  /** The number of its class, or its name; undefined if the row has none (−1 is how test pictures are marked). */
  readonly label: number | string | undefined;
}

/** A table of pictures: what its head says. */
export interface PictureTable {
  readonly rows: number;
  /** Names of classes by their number, if the table has them. */
  readonly classes: readonly string[] | undefined;
  /** The pictures in their order, a group of rows in memory at a time. Throws a `CardinalError`. */
  read(): AsyncGenerator<PictureRow, void, undefined>;
}

/** Bytes that a head, and a group of rows once it is unpacked, have at most. */
const mostHead = 2 ** 26;
const mostGroup = 2 ** 31;

/** What the `datasets` library says of columns, as far as it is used. */
const featuresSchema = z.object({
  info: z.object({
    features: z.record(
      z.string(),
      z.object({ _type: z.optional(z.string()), names: z.optional(z.array(z.string())) }),
    ),
  }),
});

/**
 * Opens a Parquet file of pictures, as the `datasets` library writes it: a column of pictures (their bytes, or `{ bytes, path }`) and one
 * of classes. Throws a `CardinalError` if it is none, or is damaged.
 */
export async function openTable(source: FileByteSource): Promise<PictureTable> {
  const file = {
    byteLength: source.size,
    slice: async (begin: number, end = source.size): Promise<ArrayBuffer> => {
      const from = begin < 0 ? Math.max(0, source.size + begin) : begin;
      const { buffer, byteOffset, byteLength } = await source.read(from, Math.min(end, source.size) - from);
      return buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
    },
  };
  const metadata = await reading(source.name, async () => {
    await requireHead(source);
    return parquetMetadataAsync(file);
  });
  const { image, label, classes } = columnsOf(metadata, source.name);
  async function* read(): AsyncGenerator<PictureRow, void, undefined> {
    let rowStart = 0;
    for (const { num_rows: rows, total_byte_size: bytes } of metadata.row_groups) {
      if (bytes > BigInt(mostGroup)) {
        throw new CardinalError(
          `${source.name}: a group of its rows takes ${bytes} bytes, at most ${mostGroup} are read: write it anew with smaller ones (row_group_size=1000)`,
        );
      }
      const rowEnd = rowStart + Number(rows);
      const found = await reading(source.name, () =>
        parquetReadObjects({
          ...{ file, metadata, columns: [image, label], rowStart, rowEnd, compressors },
          utf8: false,
        }),
      );
      for (const [n, row] of found.entries()) {
        const where = `${source.name}, row ${rowStart + n}`;
        yield { bytes: pictureIn(row[image], where, image), label: labelIn(row[label], where, label) };
      }
      rowStart = rowEnd;
    }
  }
  return { rows: Number(metadata.num_rows), classes, read };
}

/** Compressions that hyparquet does not undo by itself. Node has Zstandard since 22.15. */
const compressors: Compressors = {
  GZIP: (input, length) => zlib.gunzipSync(input, { maxOutputLength: Math.max(1, length) }),
  BROTLI: (input, length) => zlib.brotliDecompressSync(input, { maxOutputLength: Math.max(1, length) }),
  ...('zstdDecompressSync' in zlib
    ? { ZSTD: (input, length) => zlib.zstdDecompressSync(input, { maxOutputLength: Math.max(1, length) }) }
    : {}),
};

/** Parses what others wrote: whatever it fails with is their file's fault, unless the machine is short of something. */
async function reading<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CardinalError || error instanceof ShortageError || isShortage(error)) throw error;
    throw new CardinalError(
      `${name} cannot be read as Parquet: ${shortened(messageOf(error).split('\n')[0], 300)}`,
      { cause: error },
    );
  }
}

/** The last eight bytes say how long the head is that lies before them. */
async function requireHead(source: FileByteSource): Promise<void> {
  const letters = async (begin: number): Promise<string> =>
    String.fromCharCode(...(await source.read(begin, 4)));
  const isTable =
    source.size >= 12 && (await letters(0)) === 'PAR1' && (await letters(source.size - 4)) === 'PAR1';
  if (!isTable) throw new CardinalError(`${source.name} is no Parquet file, or is truncated`);
  const tail = (await source.read(source.size - 8, 4)).slice();
  const head = new DataView(tail.buffer).getUint32(0, true);
  if (head > mostHead || head > source.size - 12) {
    throw new CardinalError(
      `${source.name} is damaged: its head has ${head} bytes, of ${source.size} in all`,
    );
  }
}

interface Columns {
  readonly image: string;
  readonly label: string;
  readonly classes: readonly string[] | undefined;
}

/** Which columns hold pictures and classes: as the `datasets` library says, or by their usual names. */
function columnsOf({ schema, key_value_metadata: pairs = [] }: FileMetaData, name: string): Columns {
  const columns = topColumns(schema);
  const text = pairs.find(({ key }) => key === 'huggingface')?.value;
  const features = Object.entries(text === undefined ? {} : featuresOf(text));
  const typed = (type: string): string[] =>
    features.flatMap(([column, { _type }]) => (_type === type && columns.includes(column) ? [column] : []));
  const pick = (candidates: readonly string[], usual: readonly string[]): string | undefined =>
    usual.find((column) => candidates.includes(column)) ?? candidates.at(0);
  const images = typed('Image');
  const labels = typed('ClassLabel');
  const image = pick(images, usualImages) ?? usualImages.find((column) => columns.includes(column));
  const label = pick(labels, usualLabels) ?? usualLabels.find((column) => columns.includes(column));
  if (image === undefined || label === undefined) {
    const missing = image === undefined ? 'pictures (image)' : 'classes (label)';
    throw new CardinalError(
      `${name} has no column of ${missing}: it has ${shortened(columns.join(', '), 300)}`,
    );
  }
  return { image, label, classes: features.find(([column]) => column === label)?.[1].names };
}

const usualImages: readonly string[] = ['image', 'img', 'picture', 'jpg', 'png'];
const usualLabels: readonly string[] = ['label', 'fine_label', 'labels', 'cls', 'class', 'target'];

/** Names of the columns of the table itself; those of what is within them follow each. */
function topColumns([root, ...rest]: FileMetaData['schema']): string[] {
  const names: string[] = [];
  let at = 0;
  const skip = (): void => {
    const { num_children: children = 0 } = rest.at(at++) ?? {};
    for (let n = 0; n < children && at < rest.length; n++) skip();
  };
  for (let n = 0; n < (root.num_children ?? 0) && at < rest.length; n++) {
    names.push(rest[at].name);
    skip();
  }
  return names;
}

function featuresOf(text: string): z.infer<typeof featuresSchema>['info']['features'] {
  try {
    return validate(featuresSchema, JSON.parse(text), 'huggingface').info.features;
  } catch {
    // It is there for another library, and the columns have their own names.
    return {};
  }
}

function pictureIn(value: unknown, where: string, column: string): Uint8Array {
  const bytes: unknown =
    typeof value === 'object' && value !== null && 'bytes' in value ? value.bytes : value;
  if (bytes instanceof Uint8Array) return bytes;
  // A value that has none is a damaged picture among others.
  if (bytes === undefined || bytes === null) return new Uint8Array(0);
  throw new CardinalError(
    `${where}: expected the bytes of a picture in ${quoted(column)}, got ${typeof bytes}`,
  );
}

function labelIn(value: unknown, where: string, column: string): number | string | undefined {
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return undefined;
  const number = typeof value === 'bigint' ? Number(value) : value;
  if (typeof number === 'number' && Number.isInteger(number) && number >= -1 && number < 2 ** 31) {
    return number < 0 ? undefined : number;
  }
  throw new CardinalError(
    `${where}: expected the number of a class in ${quoted(column)}, got ${described(number)}`,
  );
}
