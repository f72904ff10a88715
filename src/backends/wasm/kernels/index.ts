export * from './fill';
export { grouped_conv } from './grouped';
export { grouped_gradient } from './grouped-gradient';
export { pack_grouped_weights, reduce_grouped_gradient } from './grouped-weights';
export { pack_depthwise_weights, reduce_depthwise_gradient } from './depthwise';
