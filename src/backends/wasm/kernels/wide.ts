// Compiled in front of `index.ts` for the build for 256-bit vectors alone.
// @ts-ignore: decorator
@global
const WIDE_VECTORS: bool = true;
