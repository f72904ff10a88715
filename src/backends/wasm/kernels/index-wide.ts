// What the build for 256-bit vectors has besides. All that is to be compiled with them must be exported: see
// src/node/wide-vectors.ts.
export * from './depthwise-gradient-tiles-wide.generated';
export * from './depthwise-large-tiles-wide.generated';
export * from './depthwise-tiles-wide.generated';
export * from './grouped-tiles-wide';
export { productTile_wide } from './product-tile-wide.generated';
export * from './stem-tile-wide.generated';
export * from './winograd-outer-wide';
export * from './winograd-product-wide';
export * from './winograd-product-wide.generated';
export * from './winograd-tiles-wide.generated';
export * from './winograd-transform-wide.generated';
export { winograd_outers_wide, winograd_outers_wide_4x4, winograd_products_wide } from './winograd-wide';
export { addDeviations, addRow } from './rows';
