/** The script of the engine's worker that trains as well. */
import { serveEngine } from './engine/serve.ts';

serveEngine(() => ({}));
