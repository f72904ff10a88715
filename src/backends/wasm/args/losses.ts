import { extendArgs, f64, flag, floats, int, kernelArgs, optionalPointer, pointer } from './definition.ts';

/* See `kernels/losses.ts`. */

export const binaryEntropyRows = kernelArgs('binary_entropy_rows', {
  logits: pointer('logits N×K'),
  target: pointer('targets N×K'),
  losses: pointer('a double for each row: the sum of its losses'),
  rows: int('N'),
  classes: int('K'),
  rowsPerChunk: int('rows a chunk'),
  scale: f64('what targets are multiplied by'),
  offset: f64('what is added then'),
  binary: flag('whether they become 1 above a threshold, else 0'),
  threshold: f64('the threshold'),
  gamma: f64('γ of the focal loss, 0: none'),
  weighted: flag('whether what is and what is not has weights'),
  alpha: f64('α, the weight of what is'),
  share: f64('what the sum of a row is multiplied by'),
  dloss: optionalPointer('one float'),
  dlogits: optionalPointer('dlogits N×K'),
  isPosWeighted: flag('whether the term of what is has weights'),
  posWeights: floats('K of them, if so'),
});

export const binaryEntropyBackward = extendArgs(binaryEntropyRows, 'binary_entropy_backward', {});

export const softmaxFocalRows = kernelArgs('softmax_focal_rows', {
  logits: pointer('logits N×K'),
  target: pointer('probabilities N×K'),
  losses: pointer('a double for each row'),
  rows: int('N'),
  classes: int('K'),
  rowsPerChunk: int('rows a chunk'),
  smoothing: f64('ε of label smoothing'),
  gamma: f64('γ'),
});

export const softmaxFocalBackward = extendArgs(softmaxFocalRows, 'softmax_focal_backward', {
  dloss: pointer('one float'),
  dlogits: pointer('dlogits N×K'),
});
