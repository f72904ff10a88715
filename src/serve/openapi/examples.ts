/** A picture of 2×2 pixels as a PNG file in base64: short enough to stand in an example, and a whole one. */
export const tinyPicture =
  'iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAE0lEQVR42mM4YSMCRAxAbLMlCgAhEASTK9f6dAAAAABJRU5ErkJggg==';

const byModel = { model: 'shoes', version: '3f1c0a9be2d4' };

export const predictionsExample = {
  predictions: [
    { class: 'ankle boot', label: 9, probability: 0.9731 },
    { class: 'sneaker', label: 7, probability: 0.0224 },
  ],
  ...byModel,
};

export const severalExample = {
  results: [
    { predictions: predictionsExample.predictions },
    { error: { code: 'unreadable_picture', message: 'cannot read the picture: it ends too early' } },
  ],
  ...byModel,
};

export const featuresExample = { features: [0.412, 0, 1.087], ...byModel };

export const explanationExample = {
  ...predictionsExample.predictions[0],
  ...{ width: 2, height: 2, map: [0, 0.25, 0.5, 1] },
  ...byModel,
};

export const modelExample = {
  name: 'shoes',
  version: '3f1c0a9be2d4',
  architecture: 'resnext_cifar',
  input: [3, 32, 32],
  classes: 10,
  digest: '3f1c0a9be2d45e6f7a8b9c0d1e2f30415263748596a7b8c9dae0f1e2d3c4b5a6',
};

export const inferExample = {
  id: '42',
  inputs: [{ name: 'image', shape: [1], datatype: 'BYTES', data: [tinyPicture] }],
  outputs: [{ name: 'classes' }, { name: 'probabilities' }],
};

export const inferredExample = {
  model_name: 'shoes',
  model_version: '3f1c0a9be2d4',
  id: '42',
  outputs: [
    { name: 'classes', shape: [1], datatype: 'BYTES', data: ['ankle boot'] },
    { name: 'probabilities', shape: [1, 2], datatype: 'FP32', data: [0.9731, 0.0269] },
  ],
};
