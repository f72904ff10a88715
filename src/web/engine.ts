/** The script of the engine's worker, for inference. */
import { serveEngine } from './engine/serve.ts';

serveEngine(() => ({}));
