import type { Call } from '../../base/channel/service.ts';
import type { DisposeOptions } from '../../base/disposal.ts';
import type { BackendFacts } from '../../backends/remote/service.ts';
import type { PictureLimitOptions } from '../../data/picture-limits.ts';
import type { Preprocessing } from '../../data/preprocessing.ts';
import type { Targets } from '../../data/task.ts';
import type { GraphData, ModuleData, TracedInput } from '../../nn/traced.ts';
import type { Classification, ClassifyOptions } from '../../use/classify-each.ts';
import type { Scripts } from '../scripts.ts';
import type { EngineFacts, EngineOptions } from './backend.ts';
import type { SentPicture } from './sent-picture.ts';
import type { LoadProgress, SentWeights } from './weights.ts';

/** What a page asks of its engine first. */
export interface EngineStart extends EngineOptions {
  /** The page's version of the package: both are to be of one. */
  readonly version: string;
  readonly scripts: Scripts;
  /** The lock that the engine holds while it lives. */
  readonly life: string | undefined;
}

/** Plain data of `loadClassifier`'s options. */
export interface SentClassifierOptions extends PictureLimitOptions {
  /** The name of a network of the registry, or one of the page's own as data. */
  readonly model?: string | ModuleData | undefined;
  readonly options?: Readonly<Record<string, unknown>> | undefined;
  readonly inChannels?: number | undefined;
  readonly partial?: boolean | undefined;
  readonly verify?: boolean | undefined;
  readonly preprocessing?: Preprocessing | undefined;
  readonly classes?: readonly string[] | undefined;
}

/** What a page knows of a classifier. */
export interface ClassifierFacts {
  /** Its number in the engine. */
  readonly classifier: number;
  /** The name of its network. */
  readonly name: string;
  readonly classes: readonly string[];
  readonly task?: Targets['task'] | undefined;
  readonly preprocessing: Preprocessing;
}

/** What every engine does. `begin` comes first. */
export interface EngineService {
  begin: Call<[start: EngineStart], EngineFacts>;
  /** Serves its backend to the page, on a line of its own. */
  serveBackend: Call<[port: MessagePort], BackendFacts>;
  loadClassifier: Call<
    [weights: SentWeights, options: SentClassifierOptions],
    ClassifierFacts,
    {
      progress(progress: LoadProgress): void;
      /** Told what came of a URL. */
      fetched(blob: Blob): void;
      /** What the page's own network does to an input. */
      graphs(input: TracedInput): readonly GraphData[];
    }
  >;
  classify: Call<[classifier: number, picture: SentPicture, options: ClassifyOptions], Classification[]>;
  disposeClassifier: Call<[classifier: number, options: DisposeOptions | undefined]>;
}
