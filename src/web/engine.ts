/** The script of the engine's worker, for inference. */
import { loadCheckpoint } from './engine/load-checkpoint.ts';
import { serveEngine } from './engine/serve.ts';

serveEngine(loadCheckpoint, () => ({}));
