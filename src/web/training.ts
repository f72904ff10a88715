/** The script of the engine's worker that trains as well. */
import { loadAnyNetwork } from './engine/load-network.ts';
import { serveEngine } from './engine/serve.ts';
import type { TrainingService } from './engine/training-service.ts';
import { trainingHandlers } from './engine/training.ts';

serveEngine<TrainingService>(loadAnyNetwork, trainingHandlers);
