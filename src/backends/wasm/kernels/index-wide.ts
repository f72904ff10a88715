// What the build for 256-bit vectors has besides. All that is to be compiled with them must be exported: see
// src/node/wide-vectors.ts.
export { productTileWide } from './product-tile-wide';
