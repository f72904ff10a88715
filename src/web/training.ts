/** The script of the engine's worker that trains as well. */
import { serveEngine } from './engine/serve.ts';
import { runsHandlers, type RunsService } from './store/service.ts';

serveEngine<RunsService>(() => runsHandlers);
