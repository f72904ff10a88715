import type { PackedTexts } from '../../run/folder/platform.ts';
import { sha256 } from '../../weights/digest.ts';

/** Gzips texts that come in pieces, and gives the SHA-256 of each: browsers hash only what is there whole. */
export async function pack(texts: readonly AsyncIterable<string>[]): Promise<PackedTexts> {
  const whole: Uint8Array<ArrayBuffer>[] = [];
  for (const text of texts) {
    let all = '';
    for await (const piece of text) all += piece;
    whole.push(new TextEncoder().encode(all));
  }
  const zipped = new Blob(whole).stream().pipeThrough(new CompressionStream('gzip'));
  return {
    zipped: new Uint8Array(await new Response(zipped).arrayBuffer()),
    sums: await Promise.all(whole.map(sha256)),
  };
}
