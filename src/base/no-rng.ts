/** Stands for `rng.ts` in the engine for inference, where nothing is drawn. */
export const Rng = {
  of(): never {
    throw new Error('this engine draws no numbers');
  },
};
