// Tiles are exported although only kernels call them: the optimiser would inline a function with one caller, and inside
// a large kernel V8 runs out of registers and spills their accumulators (measured: 28 instead of 35 GFLOP/s).
export * from './batch-norm';
export * from './batch-norm-backward';
export * from './batch-norm-inference-backward';
export { pack_depthwise_weights, reduce_depthwise_gradient, tile_depthwise } from './depthwise';
export * from './dropout';
export * from './elementwise';
export * from './fill';
export * from './finish';
export { grouped_conv, tile_4x8, tile_8x4 } from './grouped';
export {
  grouped_gradient,
  tile_gradient_3x4x4,
  tile_gradient_4x8,
  tile_gradient_depthwise,
} from './grouped-gradient';
export { pack_grouped_weights, reduce_grouped_gradient } from './grouped-weights';
export * from './layout';
export * from './loss';
export * from './optimiser';
export * from './pack-taps';
export * from './patches';
export * from './pool';
export { product } from './product';
export * from './reduce';
export * from './sum-parts';
export { weight_gradient } from './weight-gradient';
