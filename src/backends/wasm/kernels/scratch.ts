/**
 * Scratch rooms that chunks borrow while they run. A chunk that packs its input needs room that stays in its core's cache,
 * but kernels do not know which thread they run on: so a chunk claims the lowest free of `slotCount` slots and gives it back.
 * Which slot it gets changes nothing in the result. Layout: 64 bytes, the first word a mask of taken slots, which a call
 * before must have set to zero (`fill`), then the slots.
 */
const slotCount: i32 = 32;
const headerBytes: usize = 64;

/** Address of a free slot of `slotBytes`; waits, spinning, in the unlikely case that all are taken. */
export function claimSlot(scratch: usize, slotBytes: i32): usize {
  let slot: i32;
  let taken: i32;
  do {
    taken = atomic.load<i32>(scratch);
    slot = ctz(~taken);
  } while (slot >= slotCount || atomic.cmpxchg<i32>(scratch, taken, taken | (1 << slot)) != taken);
  return scratch + headerBytes + <usize>slot * <usize>slotBytes;
}

export function releaseSlot(scratch: usize, slotBytes: i32, address: usize): void {
  const slot = <i32>((address - scratch - headerBytes) / <usize>slotBytes);
  atomic.and<i32>(scratch, ~(1 << slot));
}
