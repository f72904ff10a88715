/** Index of the largest number, the first of equals; a NaN counts as the largest, as in PyTorch. */
export function argmax(scores: Float32Array): number {
  let best = 0;
  for (let k = 0; k < scores.length; k++) {
    if (Number.isNaN(scores[k])) return k;
    if (scores[k] > scores[best]) best = k;
  }
  return best;
}
