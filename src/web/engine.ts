/** The script of the engine's worker, for inference. */
import { locateByScript } from './engine/load-by-script.ts';
import { loadCheckpoint } from './engine/load-checkpoint.ts';
import { serveEngine } from './engine/serve.ts';

serveEngine({ load: loadCheckpoint, locate: locateByScript }, () => ({}));
