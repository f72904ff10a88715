import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import type { FolderPlatform, ListPlatform } from '../run/folder/platform.ts';
import { nodePictures } from './data/pictures.ts';
import { nodeFiles } from './file-system.ts';
import { lockFolder } from './lock/lock.ts';

/** Lists of pictures on Node. */
export const nodeLists: ListPlatform = {
  pictures: nodePictures,
  newSha256() {
    const hash = createHash('sha256');
    return {
      update: (data) => void hash.update(data),
      digest: () => hash.digest('hex'),
    };
  },
  async pack(texts) {
    const sums: string[] = [];
    async function* pieces(): AsyncGenerator<string, void, undefined> {
      for (const text of texts) {
        const hash = createHash('sha256');
        for await (const piece of text) {
          hash.update(piece);
          yield piece;
        }
        sums.push(hash.digest('hex'));
      }
    }
    const gzip = createGzip();
    const [zipped] = await Promise.all([buffer(gzip), pipeline(pieces, gzip)]);
    return { zipped, sums };
  },
  gunzip(bytes) {
    const gunzip = createGunzip({ chunkSize: 2 ** 16 });
    // Whoever reads it gets its error; one that comes when nobody reads any more would end the process.
    gunzip.on('error', () => undefined).end(bytes);
    return gunzip as AsyncIterable<Uint8Array>; // Of a stream without an encoding.
  },
};

/** Run folders on Node. */
export const nodeFolders: FolderPlatform = { ...nodeFiles, ...nodeLists, lockFolder };
