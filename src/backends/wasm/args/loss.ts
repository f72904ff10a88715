import { f64, int, kernelArgs, pointer } from './definition.ts';

/* See `kernels/loss.ts`. */

export const crossEntropyRows = kernelArgs('cross_entropy_rows', {
  logits: pointer('logits N×K'),
  target: pointer('probabilities N×K'),
  losses: pointer('a double for each row'),
  rows: int('N'),
  classes: int('K'),
  rowsPerChunk: int('rows a chunk'),
  smoothing: f64('ε of label smoothing'),
});

export const crossEntropyMean = kernelArgs('cross_entropy_mean', {
  losses: pointer('a double for each row'),
  loss: pointer('their mean, one float'),
  rows: int('N'),
});

export const top1Hits = kernelArgs('top1_hits', {
  logits: pointer('logits N×K'),
  labels: pointer('a class index for each row, as a float'),
  hits: pointer('rows whose largest logit is at their label, one float'),
  rows: int('N'),
  classes: int('K'),
});

export const crossEntropyBackward = kernelArgs('cross_entropy_backward', {
  logits: pointer('logits N×K'),
  target: pointer('probabilities N×K'),
  dloss: pointer('one float'),
  dlogits: pointer('dlogits N×K'),
  rows: int('N'),
  classes: int('K'),
  rowsPerChunk: int('rows a chunk'),
  smoothing: f64('ε of label smoothing'),
});
