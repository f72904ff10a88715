// Compiled in front of `index.ts` for the build for 256-bit vectors alone.
// @ts-ignore: decorator
@global
const WIDE_VECTORS: bool = true;

// What `index.ts` says of tiles holds for these as well.
export * from './winograd-outer-wide';
export * from './winograd-product-wide';
export * from './winograd-tiles-wide';
export * from './winograd-transform-wide';
export { winograd_outers_wide, winograd_products_wide } from './winograd-wide';
