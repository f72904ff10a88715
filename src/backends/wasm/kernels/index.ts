export * from './fill';
export { grouped_conv } from './grouped';
export { pack_grouped_weights } from './grouped-weights';
export { pack_depthwise_weights } from './depthwise';
