import { CardinalError, messageOf } from '../../base/errors.ts';
import { requireCifarSize, requireLabels, type CifarFormat } from '../../data/cifar.ts';
import { parseIdxHeader, requireIdxSize } from '../../data/idx.ts';
import type { RecordPart, StreamedBlob } from '../../data/picture-source.ts';
import { unzipped } from '../../data/read-records.ts';
import type { IdxFile, RecordBytes, RecordFolders } from '../../data/record-files.ts';
import { ListedFolders, openBlob } from './page-folders.ts';

/** Bytes that a file of class names has at most. */
const mostNames = 2 ** 24;

/** Bytes of labels, one each: MNIST's whole family has less than a million. */
const mostLabels = 2 ** 28;

/** Folders of a page with records, of which labels alone are read: pixels stay where they are until a worker wants them. */
export class PageRecords extends ListedFolders implements RecordFolders {
  async readNames(path: string): Promise<string | undefined> {
    if (!this.has(path)) return undefined;
    const blob = await openBlob(path, this.contentOf(path));
    if (blob.size > mostNames) {
      throw new CardinalError(
        `cannot read ${path}: it has ${blob.size} bytes, at most ${mostNames} are expected`,
      );
    }
    return new TextDecoder().decode(await blob.arrayBuffer());
  }

  async readClassNames(folder: string): Promise<readonly string[] | undefined> {
    const path = this.join(folder, 'classes.json');
    const json = await this.readNames(path);
    if (json === undefined) {
      const text = await this.readNames(this.join(folder, 'classes.txt'));
      return text
        ?.split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== '');
    }
    let names: unknown;
    try {
      names = JSON.parse(json);
    } catch (error) {
      throw new CardinalError(`${path} is not JSON: ${messageOf(error)}`, { cause: error });
    }
    if (Array.isArray(names) && names.every((name) => typeof name === 'string' && name !== '')) {
      return names as string[];
    }
    throw new CardinalError(`${path}: expected a list of names`);
  }

  async readCifar(
    paths: readonly string[],
    format: CifarFormat,
  ): Promise<{ readonly labels: readonly Int32Array[]; readonly records: RecordBytes }> {
    const parts: RecordPart[] = [];
    for (const path of paths) {
      const blob = await this.#stream(path);
      requireCifarSize(blob.size, path, format);
      parts.push({ name: path, blob, gzipped: false, skip: 0, bytes: blob.size });
    }
    const labels: Int32Array[] = [];
    for (const part of parts) labels.push(await labelsOf(part, format));
    return { labels, records: { kind: 'records', parts } };
  }

  async openIdx(path: string, rank: 1 | 3): Promise<IdxFile> {
    const blob = await this.#stream(path);
    const gzipped = path.endsWith('.gz');
    const header = parseIdxHeader(await firstBytes(blob, gzipped, path, 16), path, rank);
    if (!gzipped) requireIdxSize(header, blob.size, path);
    return {
      header,
      bytes: async () => {
        if (header.size > mostLabels)
          throw new CardinalError(`${path} has ${header.size} labels, more than any`);
        const all = await firstBytes(blob, gzipped, path, header.bytes + header.size + 1);
        if (all.length > header.bytes + header.size) {
          throw new CardinalError(`${path} unzips to more bytes than its header says`);
        }
        requireIdxSize(header, all.length, path);
        return all.subarray(header.bytes);
      },
      records: () => {
        const part = { name: path, blob, gzipped, skip: header.bytes, bytes: header.size };
        return Promise.resolve({ kind: 'records', parts: [part] });
      },
      close: () => Promise.resolve(),
    };
  }

  async #stream(path: string): Promise<StreamedBlob> {
    const blob = await openBlob(path, this.contentOf(path));
    if ('stream' in blob) return blob as StreamedBlob;
    throw new CardinalError(`${path}: expected a File or a Blob`);
  }
}

/** The label bytes of a CIFAR file, whose pixels go by. */
async function labelsOf(part: RecordPart, format: CifarFormat): Promise<Int32Array> {
  const { recordBytes, labelBytes } = format;
  const labels = new Int32Array(part.bytes / recordBytes);
  let begin = 0;
  for await (const chunk of unzipped(part.blob, false, part.name)) {
    let record = Math.max(0, Math.ceil((begin - labelBytes + 1) / recordBytes));
    for (; record < labels.length; record++) {
      const at = record * recordBytes + labelBytes - 1 - begin;
      if (at >= chunk.length) break;
      labels[record] = chunk[at];
    }
    begin += chunk.length;
  }
  return requireLabels(labels, part.name, format);
}

/** The first bytes of a file, fewer if it has no more. */
async function firstBytes(
  blob: StreamedBlob,
  gzipped: boolean,
  path: string,
  most: number,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(most);
  let at = 0;
  for await (const chunk of unzipped(blob, gzipped, path)) {
    const taken = chunk.subarray(0, most - at);
    bytes.set(taken, at);
    at += taken.length;
    if (at === most) break;
  }
  return bytes.subarray(0, at);
}
