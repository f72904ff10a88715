/** What became of the wide kernels on one version of V8. */
export interface WideTrial {
  /** The versions of Node that it was tried on. */
  readonly nodes: readonly string[];
  /** Exports that V8 must not make wide vectors of: it ends the process, which cannot be caught. */
  readonly fatal: readonly string[];
}

/**
 * By V8's major and minor version. Written by `npm run try:wide -- --write`, which tries every export of the wide kernels; without
 * `--write` it fails if this does not hold for the kernels as they are.
 */
export const wideTrials: Readonly<Record<string, WideTrial>> = {
  '13.6': { nodes: ['24.0.0', '24.21.0'], fatal: ['batch_norm_activation_sums', 'batch_norm_backward_sums'] },
  '14.1': { nodes: ['25.0.0', '25.9.0'], fatal: [] },
  '14.6': { nodes: ['26.0.0', '26.10.0'], fatal: [] },
};
