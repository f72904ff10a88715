// Tiles are exported although only kernels call them: the optimiser would inline a function with one caller, and inside
// a large kernel V8 runs out of registers and spills their accumulators (measured: 28 instead of 35 GFLOP/s). The builds that pages load
// lose these exports afterwards (scripts/keep-exports.ts).
export * from './batch-norm';
export { batch_norm_backward_apply, batch_norm_backward_combine, batch_norm_backward_sums } from './batch-norm-backward';
export * from './batch-norm-inference-backward';
export * from './sync-batch-norm';
export { pack_depthwise_weights, reduce_depthwise_gradient, tile_depthwise } from './depthwise';
export * from './depthwise-3x3';
export * from './depthwise-3x3-gradient';
export { depthwise_columns, depthwise_gradient_columns, depthwise_spread } from './depthwise-pieces';
export { depthwise_gradient_tile, depthwise_gradient_tile_2, depthwise_spread_row } from './depthwise-gradient-tiles';
export { depthwise_table, depthwise_tile, depthwise_tile_2 } from './depthwise-tiles';
export * from './dropout';
export * from './elementwise';
export { fetch_pixels, make_room_for_pixels } from './fetch';
export * from './fill';
export * from './finish';
export { grouped_block, grouped_conv, tile_4x8, tile_8x4 } from './grouped';
export {
  grouped_gradient,
  grouped_gradient_unit,
  tile_gradient_3x4x4,
  tile_gradient_4x8,
  tile_gradient_depthwise,
} from './grouped-gradient';
export { pack_grouped_weights, reduce_grouped_gradient } from './grouped-weights';
export * from './layout';
export { cross_entropy_backward, cross_entropy_mean, cross_entropy_rows, top1_hits } from './loss';
export * from './optimiser';
export { pack_panels } from './pack-panels';
export { pack_taps } from './pack-taps';
export * from './patches';
export * from './adaptive-pool';
export * from './pool';
export { product } from './product';
export { productTile } from './product-tile';
export * from './reduce';
export * from './sum-parts';
export { weight_gradient } from './weight-gradient';
export { winograd_block, winograd_conv } from './winograd';
export { winograd_gradient, winograd_gradient_block, winograd_outer_2x4x4 } from './winograd-gradient';
export * from './winograd-product';
export { fetch_tiles, winograd_inputs, winograd_outputs, winograd_spreads } from './winograd-tiles';
export { winograd_input, winograd_input_border, winograd_output, winograd_spread } from './winograd-transform';
export { sum_slices, winograd_weights, winograd_weights_gradient } from './winograd-weights';
