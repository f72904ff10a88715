import { joined } from './mutate.ts';

/** A pickle of opcodes (text, one character a byte) and numbers. */
export function pickle(...parts: readonly (string | Uint8Array)[]): Uint8Array {
  return joined(...parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)));
}

export function uint32(value: number): Uint8Array {
  return Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24);
}

/** A tensor of floats: a view of storage 0, which has `elements`. */
export function tensor(elements: number, offset: string, shape: string, strides: string): Uint8Array {
  return pickle(
    'ctorch._utils\n_rebuild_tensor_v2\n((U\x07storagectorch\nFloatStorage\nU\x010U\x03cpuJ',
    uint32(elements),
    `tQ${offset}${shape}${strides}\x89NtR`,
  );
}
