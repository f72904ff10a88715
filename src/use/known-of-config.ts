import type { PretrainedConfig } from '../data/pretrained-config.ts';
import { canonicalName } from '../models/registry.ts';
import type { KnownOfWeights } from './opened-weights.ts';

/** What is known of weights by the configuration that lies beside them in a repository, if one does. */
export function knownOfConfig(config: PretrainedConfig | undefined, origin: string): KnownOfWeights {
  if (config === undefined) return { origin };
  const { architecture, preprocessing: trainingPreprocessing, classes, licence } = config;
  const model = canonicalName(architecture);
  const preprocessing = config.testPreprocessing ?? trainingPreprocessing;
  return { model, preprocessing, trainingPreprocessing, classes, licence, origin };
}
