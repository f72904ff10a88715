export * from './pack-taps';
export { product } from './product';
export * from './sum-parts';
export { weightGradient } from './weight-gradient';
