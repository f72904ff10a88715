import type { Rng } from '../../base/rng.ts';

/** Principal components of ImageNet's RGB values in [0, 1] (fb.resnet.torch, datasets/imagenet.lua). */
const eigenvalues = [0.2175, 0.0188, 0.0045] as const;
const eigenvectors = [
  [-0.5675, 0.7192, 0.4009],
  [-0.5808, -0.0045, -0.814],
  [-0.5836, -0.6948, 0.4203],
] as const;

/**
 * What AlexNet's PCA lighting adds to every pixel's R, G and B in [0, 1]: Σⱼ vᵢⱼ·λⱼ·αⱼ with αⱼ ~ N(0, `deviation`²)
 * (Krizhevsky et al. 2012, section 4.1; deviation 0.1 there and in the paper's recipe).
 */
export function lightingShift(deviation: number, rng: Rng): [number, number, number] {
  const strengths = eigenvalues.map((value) => value * deviation * rng.normal());
  const shift = (channel: 0 | 1 | 2): number =>
    eigenvectors[channel].reduce((sum, component, j) => sum + component * strengths[j], 0);
  return [shift(0), shift(1), shift(2)];
}
