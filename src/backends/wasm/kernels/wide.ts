// Compiled in front of `index.ts` for the build for 256-bit vectors alone.
// @ts-ignore: decorator
@global
const WIDE_VECTORS: bool = true;

export * from './winograd-transform-wide';
export { winograd_products_wide } from './winograd';
export { winograd_outers_wide } from './winograd-gradient';
export * from './winograd-wide';
