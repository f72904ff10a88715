import { deflateSync } from 'node:zlib';
import { crc32 } from '../../../base/crc32.ts';
import { signatures } from '../../../base/file-signatures.ts';
import { joinedBytes } from '../../../base/joined-bytes.ts';
import type { Picture } from '../../../data/dataset.ts';

/** A picture as a PNG that holds nothing but its pixels: the same bytes for the same pixels, whatever library is installed. */
export function encodePng({ width, height, channels, data }: Picture): Uint8Array {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  // 8 bits of grey or RGB, deflate, no interlacing.
  header.set([8, channels === 1 ? 0 : 2, 0, 0, 0], 8);
  const row = width * channels;
  const rows = new Uint8Array(height * (row + 1));
  for (let y = 0; y < height; y++) rows.set(data.subarray(y * row, (y + 1) * row), y * (row + 1) + 1);
  const [first, ...rest] = signatures.png;
  const signature = Uint8Array.from([first, ...rest.flatMap((part) => [...bytesOf(part)])]);
  const pixels = new Uint8Array(deflateSync(rows, { level: 9 }));
  return joinedBytes([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', pixels),
    chunk('IEND', new Uint8Array(0)),
  ]);
}

function bytesOf(part: string | number): Uint8Array {
  return typeof part === 'number' ? Uint8Array.of(part) : new TextEncoder().encode(part);
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const body = joinedBytes([new TextEncoder().encode(type), data]);
  const ends = new DataView(new ArrayBuffer(8));
  ends.setUint32(0, data.length);
  ends.setUint32(4, crc32(body));
  const [length, sum] = [new Uint8Array(ends.buffer, 0, 4), new Uint8Array(ends.buffer, 4)];
  return joinedBytes([length, body, sum]);
}
