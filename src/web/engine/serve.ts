import { portOf } from '../../base/channel/port.ts';
import { serve } from '../../base/channel/serve.ts';
import type { Handlers, Service } from '../../base/channel/service.ts';
import { CardinalError } from '../../base/errors.ts';
import { VERSION } from '../../base/version.ts';
import { backendHandlers } from '../../backends/remote/serve.ts';
import { factsOf } from '../../backends/remote/service.ts';
import { live } from '../life.ts';
import { createEngineBackend } from './backend.ts';
import type { Classifiers } from './classifiers.ts';
import { webPictures } from '../data/pictures.ts';
import type { Engine } from './context.ts';
import type { OwnPort } from './own-port.ts';
import type { EngineService } from './service.ts';

/**
 * This worker becomes the engine of its page. `classifiers` gives those of it, `more` is what it does beside what all engines do; both
 * may use the engine from the first call on.
 */
export function serveEngine<More extends Service<More>>(
  classifiers: () => Classifiers | Promise<Classifiers>,
  more: (engine: () => Engine) => Handlers<More>,
): void {
  let begun: Engine | undefined;
  const engine = (): Engine => {
    if (begun === undefined) throw new CardinalError('the engine has not begun');
    return begun;
  };
  const own: Handlers<EngineService> = {
    begin: async ([{ version, scripts, life, ...options }]) => {
      if (version !== VERSION) {
        throw new CardinalError(
          `the page has cardinal-nn ${version}, ${scripts.engine} is of ${VERSION}: give base, the URL of the folders of one version`,
        );
      }
      const { backend, facts } = await createEngineBackend(options, scripts, (watched) => {
        (globalThis as unknown as OwnPort).postMessage(watched);
      });
      begun = { backend, facts, pictures: webPictures(scripts), scripts };
      await live(life);
      return facts;
    },
    serveBackend: ([port]) => {
      const { backend } = engine();
      serve(portOf(port), backendHandlers(backend));
      return factsOf(backend);
    },
    loadClassifier: async ([weights, options], context) =>
      (await classifiers()).load(weights, options, engine(), context),
    classify: async ([classifier, picture, options]) =>
      (await classifiers()).classify(classifier, picture, options),
    disposeClassifier: async ([classifier, options]) => (await classifiers()).dispose(classifier, options),
  };
  serve<EngineService & More>(portOf(globalThis), { ...own, ...more(engine) });
}
