/** How many of a file's first bytes `isPyTorch` looks at. */
export const pyTorchPrefixBytes = 512;

/**
 * Whether a file may be PyTorch's, by its first bytes (up to `pyTorchPrefixBytes`, fewer if it has no more). The endings
 * `.pth`, `.pt`, `.th` and `.bin` say nothing. True for what `openPyTorch` reads and for what it refuses with advice.
 */
export function isPyTorch(prefix: Uint8Array): boolean {
  return detect(prefix) !== undefined;
}

/** The number 0x1950a86a20f9469cfc6c with which old files begin, as an integer of a pickle: LONG1, 10 bytes. */
const magic = [0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];

/** PROTO n, with FRAME and its length from protocol 4 on. */
const magicAt = [2, 11];

const tarMagicAt = 257;

export function detect(prefix: Uint8Array): 'zip' | 'legacy' | 'tar' | undefined {
  if (matches(prefix, 0, [0x50, 0x4b, 0x03, 0x04])) return 'zip';
  if (prefix[0] === 0x80 && magicAt.some((begin) => matches(prefix, begin, magic))) return 'legacy';
  if (matches(prefix, tarMagicAt, [0x75, 0x73, 0x74, 0x61, 0x72])) return 'tar';
  return undefined;
}

function matches(bytes: Uint8Array, begin: number, expected: readonly number[]): boolean {
  return expected.every((byte, index) => bytes[begin + index] === byte);
}
