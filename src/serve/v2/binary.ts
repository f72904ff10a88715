import { joinedBytes } from '../../base/joined-bytes.ts';
import type { OutputTensor } from './infer.ts';

/** A tensor in the protocol's binary form: little-endian, as memory is; each text after its length of four bytes. */
export function binaryOf({ datatype, data }: OutputTensor): Uint8Array {
  if (datatype === 'FP32') return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return joinedBytes(data.flatMap(withLength));
}

function withLength(text: string): Uint8Array[] {
  const bytes = new TextEncoder().encode(text);
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, bytes.length, true);
  return [length, bytes];
}
