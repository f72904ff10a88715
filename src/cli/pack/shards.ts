import { basename } from 'node:path';
import { isAddress } from '../../data/address.ts';
import { leftOutLine } from '../../data/left-out.ts';
import { openData } from '../../node/data/open.ts';
import { packShards } from '../../node/data/shards/pack-shards.ts';
import { count } from '../../report/format.ts';
import { showDownloads } from '../loading.ts';
import { print, printJson, shellWord, tell } from '../output/print.ts';
import { transientLine } from '../output/transient.ts';
import type { PackFlags } from './run.ts';

/** `cardinal pack <data> --shards N`: data as tar archives. */
export async function packData(
  source: string,
  { shards, seed, json, labels, out = defaultOut(source) }: PackFlags & { readonly shards: number },
): Promise<void> {
  const downloads = await showDownloads(isAddress(source));
  const line = process.stderr.isTTY ? transientLine(process.stderr) : undefined;
  try {
    const data = await openData(source, { valFraction: 0, labels }, downloads.hub);
    downloads.stop();
    const leftOut = leftOutLine(data.leftOut);
    if (leftOut !== undefined) tell(leftOut);
    let shown = 0;
    const splits = await packShards(data, {
      ...{ out, shards, seed },
      onProgress: (done, total) => {
        if (done < total && performance.now() - shown < 100) return;
        shown = performance.now();
        line?.show(`${count(done)} of ${count(total)} pictures`);
      },
    });
    line?.clear();
    if (json) printJson({ data: source, out, classes: data.classes.length, splits });
    else {
      const lines = splits.map(
        ({ split, pictures, shards: n }) =>
          `${split}: ${count(pictures)} pictures in ${count(n)} ${n === 1 ? 'shard' : 'shards'}`,
      );
      print(lines, `cardinal train ${shellWord(out)} trains on them`);
    }
  } finally {
    downloads.stop();
    line?.clear();
  }
}

/** Beside the data; in this folder, if that is elsewhere. */
function defaultOut(source: string): string {
  const path = isAddress(source) ? basename(source) : source.replace(/[/\\]+$/, '');
  return `${path.replace(/[{}:]/g, '_')}-shards`;
}
