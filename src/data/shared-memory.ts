/** Whether threads can share memory here: pages that are not cross-origin isolated have no such memory. */
export function canShare(): boolean {
  return typeof SharedArrayBuffer === 'function';
}

/** Whether a block of memory is shared with other threads; of any realm. */
export function isShared(memory: ArrayBufferLike): memory is SharedArrayBuffer {
  return memory[Symbol.toStringTag] === 'SharedArrayBuffer';
}

/** The memory of a batch's arrays that is to be handed to another thread with them, because it cannot be shared. */
export function handedOver(arrays: {
  readonly input: Float32Array;
  readonly target: Float32Array;
}): ArrayBuffer[] {
  return [arrays.input.buffer, arrays.target.buffer].filter((memory) => !isShared(memory));
}

/** So many bytes that other threads can share, where threads can share any. */
export function sharedMemory(bytes: number): ArrayBufferLike {
  return canShare() ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes);
}

/** The same as an array of bytes. */
export function sharedBytes(length: number): Uint8Array {
  return new Uint8Array(sharedMemory(length));
}

/** The same of numbers. */
export function sharedFloats(length: number): Float32Array {
  return new Float32Array(sharedMemory(4 * length));
}
