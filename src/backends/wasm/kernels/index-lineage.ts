// What the builds for networks after ResNeXt have besides. The builds that pages load are without it.
export * from './depthwise-large';
export * from './depthwise-large-gradient';
export { emit_depthwise_pixels, pack_depthwise_row } from './depthwise-large-rows';
export {
  depthwise_large_gradient_tile,
  depthwise_large_gradient_tile_2,
  depthwise_large_tile,
  depthwise_large_tile_2,
} from './depthwise-large-tiles';
export * from './activations';
export * from './batch-norm-activation-backward';
export * from './broadcast';
export * from './rearrange';
export * from './reduce-tiles';
export * from './bmm';
export * from './channel-shuffle';
export * from './drop-path';
export * from './softmax';
export * from './global-response-norm';
export * from './group-norm';
export * from './layer-norm';
export { picture_apply, picture_backward_apply, picture_moments, picture_sums } from './picture-norm';
export { pack_panel_rows } from './pack-panel-rows';
export * from './resample';
export * from './stem';
export { stem_tile } from './stem-tile';
export * from './more-optimisers';
export * from './elementary';
export * from './finish-blocks';
export {
  binary_entropy_backward,
  binary_entropy_rows,
  softmax_focal_backward,
  softmax_focal_rows,
} from './losses';
