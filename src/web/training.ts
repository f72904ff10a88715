/** The script of the engine's worker that trains as well. */
import { loadAnyNetwork } from './engine/load-network.ts';
import { locateAny } from './engine/locate-any.ts';
import { serveEngine } from './engine/serve.ts';
import type { TrainingService } from './engine/training-service.ts';
import { trainingHandlers } from './engine/training.ts';
import { runsHandlers, type RunsService } from './store/service.ts';

serveEngine<TrainingService & RunsService>({ load: loadAnyNetwork, locate: locateAny }, (engine) => ({
  ...trainingHandlers(engine),
  ...runsHandlers,
}));
