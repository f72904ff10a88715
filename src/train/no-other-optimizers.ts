/** Stands for `other-optimizers.ts` in the scripts of a page for ResNets and ResNeXts: a recipe with another optimiser is refused. */
export const otherOptimizers = [];
export const otherPrefixes = [];

export function otherPlan(): undefined {
  return undefined;
}

export function otherHyper(): undefined {
  return undefined;
}

export function beginsAt(): number {
  return 0;
}
