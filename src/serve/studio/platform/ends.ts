import { open } from 'node:fs/promises';

import { endIn } from '../../../studio/train/end.ts';
import { recordsIn } from '../../../studio/train/records.ts';

/** Bytes at a file's end among which the last records are. */
const lastBytes = 2 ** 14;

/** How runs ended, by the files of their metrics: looked up again only when a file has changed, as there may be hundreds. */
export class Ends {
  readonly #known = new Map<string, { readonly stamp: string; readonly end: string | undefined }>();

  /** Undefined if it did not end, or its metrics cannot be read: then whoever reads all of them says why. */
  async of(path: string): Promise<string | undefined> {
    const file = await open(path, 'r').catch(() => undefined);
    if (file === undefined) return undefined;
    try {
      const { size, mtimeMs, ino } = await file.stat();
      const stamp = `${size} ${mtimeMs} ${ino}`;
      const known = this.#known.get(path);
      if (known?.stamp === stamp) return known.end;
      const bytes = new Uint8Array(Math.min(size, lastBytes));
      const { bytesRead } = await file.read(bytes, 0, bytes.length, size - bytes.length);
      const end = endIn(recordsIn(bytes.subarray(0, bytesRead)).records);
      this.#known.set(path, { stamp, end });
      return end;
    } catch {
      return undefined;
    } finally {
      await file.close().catch(() => undefined);
    }
  }
}
