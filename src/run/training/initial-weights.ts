import { CardinalError } from '../../base/errors.ts';
import type { OpenData, OpenOptions } from '../../data/open-data.ts';
import type { PicturePlatform } from '../../data/picture-platform.ts';
import type { PictureRecord } from '../../data/picture-record.ts';
import { seenBefore } from '../../data/to-evaluate.ts';
import type { Module } from '../../nn/module.ts';
import { requireSameClasses } from '../../train/checkpoint.ts';
import type { ModelDescription } from '../../train/network.ts';
import { identifyNetwork, otherNetwork } from '../../use/identify.ts';
import { tensorsFor } from '../../use/opened-weights.ts';
import { prepareFor, type Measurable, type Prepared, type Wanted } from '../../use/prepare.ts';
import { channelsOf, isAdapted, trainingPreprocessing, weightsFactsOf } from '../../use/weights-facts.ts';
import { loadTensors } from '../../weights/load.ts';
import type { BeginningWeights, RunPlatform } from '../platform.ts';
import type { RunConfig } from './config.ts';
import { openDataFor } from './data-for-weights.ts';
import type { RunLog } from './events.ts';
import type { RunOptions } from './options.ts';
import { withoutClasses, withoutUndefined } from './without.ts';

/** What a run takes of the weights that it begins with. Loaded for such runs alone: most begin without. */
export class InitialWeights {
  readonly file: BeginningWeights;

  constructor(file: BeginningWeights) {
    this.file = file;
  }

  /** Which pictures they were trained on, as far as it is known. */
  get pictures(): readonly PictureRecord[] | undefined {
    return weightsFactsOf(this.file).pictures;
  }

  /** Throws a `CardinalError` unless the file holds what it held when the run was begun. */
  async requireUnchanged({
    path,
    config,
  }: {
    readonly path: string;
    readonly config: RunConfig;
  }): Promise<void> {
    const { weights } = config;
    if (weights?.sha256 === undefined || weights.sha256 === (await this.file.digest())) return;
    throw new CardinalError(
      `${this.file.name} has changed since the run in ${path} was to begin with it: put the file back, or begin another run`,
    );
  }

  /** A line for people if they were trained on pictures that are to tell how good a network is. */
  seenBefore(data: OpenData, platform: PicturePlatform): Promise<string | undefined> {
    return seenBefore(data, this.pictures, platform);
  }

  /** Throws a `CardinalError` if their classifier is kept and has other classes than pictures that are open. */
  requireClasses({ classes }: OpenData, head: RunOptions['head']): void {
    const known = weightsFactsOf(this.file).classes;
    if (known && head !== 'reset') requireSameClasses({ classes: known }, classes, this.file.name);
  }

  /** Opens pictures; with the classes that a classifier which is kept has, in their order. */
  openData(
    head: RunOptions['head'],
    path: string,
    options: Omit<OpenOptions, 'classes'>,
    platform: Pick<RunPlatform, 'openData'>,
  ): Promise<OpenData> {
    return openDataFor(this.file, head ?? 'keep', path, options, platform);
  }

  /** A line for people if their repository names another network. */
  otherNetwork(given: string | undefined): string | undefined {
    return otherNetwork(this.file, given);
  }

  /** The network that they are of; its classes are the data's, whatever theirs are. */
  network(
    given: string | undefined,
    set: ModelDescription['options'],
    options: RunOptions,
  ): ModelDescription {
    const { name, options: own } = identifyNetwork(this.file, given, withoutClasses(set), options);
    return { name, options: withoutClasses(own) };
  }

  /** Channels of the pictures that they are of. */
  get channels(): 1 | 3 {
    return channelsOf(this.file);
  }

  /** How pictures are prepared, as `prepareFor` gives it. */
  prepare(
    name: string,
    channels: 1 | 3,
    inChannels: number | undefined,
    wanted: Wanted,
    measurable: Measurable,
  ): Promise<Prepared> {
    const known = {
      preprocessing: trainingPreprocessing(this.file, inChannels),
      channels,
      adapted: isAdapted(this.file, inChannels),
      description: { name, options: {} },
    };
    return prepareFor(known, wanted, measurable);
  }

  /** What `config.json` says of them. */
  async settings({
    weights: file = this.file.name,
    head = 'keep',
    partial,
    inChannels,
  }: RunOptions): Promise<RunConfig['weights']> {
    const { origin, licence } = weightsFactsOf(this.file);
    return {
      file,
      ...withoutUndefined({ path: this.file.path }),
      sha256: await this.file.digest(),
      ...withoutUndefined({ inChannels }),
      head,
      ...(partial === true ? { partial } : {}),
      ...withoutUndefined({ origin, licence }),
    };
  }

  /** Gives them to a network, which may be one of the user's own. */
  async load(module: Module, { weights: begun }: RunConfig, isOwn: boolean, log: RunLog): Promise<void> {
    const { name: source, unreadable } = this.file;
    const { head, partial, inChannels } = begun ?? {};
    const tensors = isOwn ? tensorsFor(module, this.file) : this.file.tensors;
    const loaded = await loadTensors(module, tensors, { source, head, partial, inChannels, unreadable });
    await log.emit({ type: 'weights-loaded', loaded });
  }
}
