import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { createGunzip, gzip } from 'node:zlib';
import type { FolderPlatform, ListPlatform } from '../run/folder/platform.ts';
import { nodePictures } from './data/pictures.ts';
import { nodeFiles } from './file-system.ts';
import { lockFolder } from './lock/lock.ts';

const zip = promisify(gzip);

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
  gzip: (text) => zip(text),
  gunzip(bytes) {
    const gunzip = createGunzip({ chunkSize: 2 ** 16 });
    gunzip.end(bytes);
    return gunzip as AsyncIterable<Uint8Array>; // Of a stream without an encoding.
  },
};

/** Run folders on Node. */
export const nodeFolders: FolderPlatform = { ...nodeFiles, ...nodeLists, lockFolder };
