import * as portable from '../../run/training/probe.ts';
import type { RunOutcome } from '../../run/training/run.ts';
import { runPlatform } from '../run-platform.ts';
import type { RunRequest } from './options.ts';

/**
 * Trains a new classifier on embeddings that are computed once, as a run on this machine: see `src/run/training/probe.ts`. It computes in a
 * thread of its own: a batch of a large network takes seconds, in which signals are to be heard.
 */
export function trainProbe(request: RunRequest, onFeatures: portable.OnFeatures): Promise<RunOutcome> {
  return portable.trainProbe(request, onFeatures, runPlatform(request.options.hub, { isolated: true }));
}
