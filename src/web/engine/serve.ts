import { portOf } from '../../base/channel/port.ts';
import { serve } from '../../base/channel/serve.ts';
import type { Handlers, Service } from '../../base/channel/service.ts';
import { CardinalError } from '../../base/errors.ts';
import { VERSION } from '../../base/version.ts';
import { backendHandlers } from '../../backends/remote/serve.ts';
import { factsOf } from '../../backends/remote/service.ts';
import { live } from '../life.ts';
import { createEngineBackend } from './backend.ts';
import { Classifiers, type WeightsReader } from './classifiers.ts';
import { webPictures } from '../data/pictures.ts';
import type { Engine } from './context.ts';
import type { EngineService } from './service.ts';

/**
 * This worker becomes the engine of its page. `weights` is how it reads them, `more` what it does beside what all engines do; it
 * may use the engine from the first call on.
 */
export function serveEngine<More extends Service<More>>(
  weights: WeightsReader,
  more: (engine: () => Engine) => Handlers<More>,
): void {
  let begun: Engine | undefined;
  const engine = (): Engine => {
    if (begun === undefined) throw new CardinalError('the engine has not begun');
    return begun;
  };
  const classifiers = new Classifiers(weights);
  const own: Handlers<EngineService> = {
    begin: async ([{ version, scripts, life, ...options }]) => {
      if (version !== VERSION) {
        throw new CardinalError(
          `the page has cardinal-nn ${version}, ${scripts.engine} is of ${VERSION}: give base, the URL of the folders of one version`,
        );
      }
      const { backend, facts } = await createEngineBackend(options, scripts);
      begun = { backend, facts, pictures: webPictures(scripts.jpeg), scripts };
      await live(life);
      return facts;
    },
    serveBackend: ([port]) => {
      const { backend } = engine();
      serve(portOf(port), backendHandlers(backend));
      return factsOf(backend);
    },
    loadClassifier: ([weights, options], context) => classifiers.load(weights, options, engine(), context),
    classify: ([classifier, picture, options]) => classifiers.classify(classifier, picture, options),
    disposeClassifier: ([classifier, options]) => classifiers.dispose(classifier, options),
  };
  serve<EngineService & More>(portOf(globalThis), { ...own, ...more(engine) });
}
