/** The script of the engine's worker that trains as well. */
import { serveEngine } from './engine/serve.ts';
import type { TrainingService } from './engine/training-service.ts';
import { trainingHandlers } from './engine/training.ts';
import { runsHandlers, type RunsService } from './store/service.ts';

serveEngine<TrainingService & RunsService>((engine) => ({ ...trainingHandlers(engine), ...runsHandlers }));
