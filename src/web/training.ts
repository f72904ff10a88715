/** The script of the engine's worker that trains as well, and looks after the runs that are kept. */
import { loadCheckpoint } from './engine/load-checkpoint.ts';
import { serveEngine } from './engine/serve.ts';
import type { TrainingService } from './engine/training-service.ts';
import { trainingHandlers } from './engine/training.ts';
import { runsHandlers, type RunsService } from './store/service.ts';

serveEngine<TrainingService & RunsService>(loadCheckpoint, (engine) => ({
  ...trainingHandlers(engine),
  ...runsHandlers,
}));
