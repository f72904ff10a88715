import { alignUp } from '../../../base/align.ts';
import { CACHE_LINE } from '../../cpu.ts';
import type { Call } from '../call.ts';

/** Slots and header of `kernels/scratch.ts`. */
const slotCount = 32;
const headerBytes = 64;

export function scratchBytes(slotBytes: number): number {
  return headerBytes + slotCount * slotBytes;
}

/** Marks every slot free; must run before a kernel that claims slots. */
export function clearScratch(address: number): Call {
  return { kernel: 'fill', chunks: 1, args: [address, 1, 1, { f32: 0 }] };
}

/** The beginning of the next cache line. */
export function align64(bytes: number): number {
  return alignUp(bytes, CACHE_LINE);
}
