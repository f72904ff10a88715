/** The script of the engine's worker that trains as well, and looks after the runs that are kept. */
import type { Classifiers } from './engine/classifiers.ts';
import { findMore } from './engine/more.ts';
import { serveEngine } from './engine/serve.ts';
import type { TrainingService } from './engine/training-service.ts';
import { trainingHandlers } from './engine/training.ts';
import { runsHandlers, type RunsService } from './store/service.ts';

let loaded: Promise<Classifiers> | undefined;

async function load(): Promise<Classifiers> {
  const [{ Classifiers }, { loadCheckpoint }] = await Promise.all([
    import('./engine/classifiers.ts'),
    import('./engine/load-checkpoint.ts'),
  ]);
  return new Classifiers(loadCheckpoint);
}

/** Made once; tried again if what they need could not be loaded. */
function classifiers(): Promise<Classifiers> {
  loaded ??= load().catch((error: unknown) => {
    loaded = undefined;
    throw error;
  });
  return loaded;
}

serveEngine<TrainingService & RunsService>(classifiers, (engine) => {
  findMore(() => engine().scripts.more);
  return { ...trainingHandlers(engine), ...runsHandlers };
});
