// Compiled in front of `index.ts` for the build for 256-bit vectors alone.
// @ts-ignore: decorator
@global
const WIDE_VECTORS: bool = true;

export * from './winograd-transform-wide';
export { winograd_products_wide } from './winograd';
export { winograd_product_wide_16, winograd_product_wide_4x4, winograd_product_wide_8 } from './winograd-wide';
