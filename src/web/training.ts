/** The script of the engine's worker that trains as well. */
import { loadAnyNetwork } from './engine/load-network.ts';
import { serveEngine } from './engine/serve.ts';

serveEngine(loadAnyNetwork, () => ({}));
