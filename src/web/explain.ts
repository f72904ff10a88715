/** The script of the worker that tells more of pictures than their classes: it computes gradients, and has every network. */
import { Classifiers } from './engine/classifiers.ts';
import type { ExplainService } from './engine/explain-service.ts';
import { explainHandlers } from './engine/explained.ts';
import { loadAnyNetwork } from './engine/load-network.ts';
import { serveEngine } from './engine/serve.ts';

const classifiers = new Classifiers(loadAnyNetwork);

serveEngine<ExplainService>(() => classifiers, explainHandlers);
