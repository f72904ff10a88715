import { augmentationSchema } from '../src/data/preprocessing.ts';

/** What data/fashion-mnist-run was trained with, as `npm start` trains: two blocks a stage, eight groups, 63,714 parameters. */
export const exampleNetwork = {
  name: 'resnext_cifar',
  options: { layers: [2, 2, 2], cardinality: 8, baseWidth: 16, planes: 8 },
};

export const exampleOptions = {
  ...{ epochs: 10, seed: 0, ema: 0.99, augmentation: augmentationSchema.parse({ flip: 0.5 }) },
  // WebAssembly alone has the same bytes on every machine, and in pages.
  blas: false,
};
