/** Activations of networks after ResNeXt. Their codes are greater than those of tiles: they are applied to tiles that are stored. */
export const moreActivationCodes = {
  hardsigmoid: 3,
  silu: 4,
  hardswish: 5,
  sigmoid: 6,
  gelu: 7,
  gelu_tanh: 8,
  leaky_relu: 9,
} as const;
