/** The script of the engine's worker, for inference. */
import { Classifiers } from './engine/classifiers.ts';
import { loadCheckpoint } from './engine/load-checkpoint.ts';
import { serveEngine } from './engine/serve.ts';

const classifiers = new Classifiers(loadCheckpoint);

serveEngine(
  () => classifiers,
  () => ({}),
);
