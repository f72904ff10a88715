import { roundUp } from '../../../base/round-up.ts';
import { CACHE_LINE } from '../../cpu.ts';
import { fill } from '../args/fill.ts';
import { call, type Call } from '../call.ts';

/** Slots and header of `kernels/scratch.ts`. */
const slotCount = 32;
const headerBytes = 64;

export function scratchBytes(slotBytes: number): number {
  return headerBytes + slotCount * slotBytes;
}

/** Marks every slot free; must run before a kernel that claims slots. */
export function clearScratch(address: number): Call {
  return call(fill, 1, { out: address, count: 1, perChunk: 1, value: 0 });
}

/** The beginning of the next cache line. */
export function align64(bytes: number): number {
  return roundUp(bytes, CACHE_LINE);
}
