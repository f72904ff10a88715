import { VERSION } from '../../base/version.ts';
import { pictureFormatTitles } from '../../data/picture-format.ts';
import type { ServedModel } from '../served-model.ts';
import type { ModelMetadata, ServerMetadata } from './schemas.ts';
import { inputsOf, outputsOf, type TensorSpec } from './tensors.ts';

export const serverMetadata: ServerMetadata = {
  name: 'cardinal',
  version: VERSION,
  extensions: ['binary_tensor_data', 'classification'],
};

/** What clients may know of a model, with what its inputs and outputs mean as `properties`. */
export function metadataOf(model: ServedModel): ModelMetadata {
  const { architecture, classes, preprocessing, digest } = model.about;
  return {
    name: model.name,
    versions: [model.version],
    platform: 'cardinal_safetensors',
    inputs: inputsOf(model).map(tensor),
    outputs: outputsOf(model).map(tensor),
    properties: {
      inputs: 'give one of them: image or input',
      'inputs.image': `N picture files (${pictureFormatTitles}): the bytes of each; in JSON, the bytes in base64`,
      'inputs.input': 'N prepared pictures: channels, height, width, normalised as preprocessing says',
      'outputs.logits': 'what the network gives, in the order of classes',
      'outputs.probabilities': 'their softmax',
      'outputs.classes': 'the name of the most likely class of each picture',
      architecture,
      classes: JSON.stringify(classes),
      preprocessing: JSON.stringify(preprocessing),
      ...(digest === undefined ? {} : { digest }),
    },
  };
}

function tensor({ name, datatype, shape }: TensorSpec): ModelMetadata['inputs'][number] {
  return { name, datatype, shape: [...shape] };
}
