import CRC32 from 'crc-32';

/** CRC-32 as zip archives and gzip have it, from 0 to 2³² − 1; of bytes that go on, with what came before them. */
export function crc32(bytes: Uint8Array, before = 0): number {
  return CRC32.buf(bytes, before) >>> 0;
}
