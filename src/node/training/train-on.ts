import { resolve } from 'node:path';
import { checkKind, checkOptions, flag, record, text, type Kinds } from '../../base/options.ts';
import type { OpenData } from '../../data/open-data.ts';
import type { AnyModule, Module } from '../../nn/module.ts';
import { checkNetwork, isOpenData, trainOnKinds } from '../../run/training/arguments.ts';
import type { NamedModel } from '../../run/training/options.ts';
import { trainOnPictures, type TrainedOn } from '../../run/training/train-on.ts';
import { launchOf } from '../mpi/launch.ts';
import { runPlatform } from '../run-platform.ts';
import type { TrainOnOptions } from './options.ts';

const kinds: Kinds<TrainOnOptions> = { ...trainOnKinds, hub: record, isolated: flag };

/**
 * Trains a network on a folder of pictures (see `openData`) as `cardinal train` does: loaders, preprocessing, threads and
 * the run folder are taken care of. `model` is a network of your own, or a name of the registry with options; then the
 * numbers of classes and channels come from the data.
 *
 *     const { model } = await trainOn('photos', new MyNetwork(), { epochs: 5, out: 'runs/mine', onEvent: console.log });
 *
 * With `out`, `best.safetensors` in it is what `loadClassifier` takes, `report.html` shows how it went, and `resume` or
 * `cardinal train --resume` continues it.
 * Throws a `CardinalError` if data, network and recipe do not fit together, or a file cannot be read or written: an
 * `InUseError` if another run has the folder `out`, a `LockLostError` if another took it over meanwhile.
 */
export async function trainOn(
  source: string | OpenData,
  model: AnyModule | NamedModel,
  options: TrainOnOptions = {},
): Promise<TrainedOn> {
  checkKind('trainOn', 'the data', source, {
    expected: 'the path of a folder, or what openData gives once it is awaited',
    is: (value) => text.is(value) || isOpenData(value),
  });
  checkNetwork(model);
  checkOptions('trainOn', options, kinds);
  const launch = launchOf(process.env);
  if (launch !== undefined && launch.size !== 1 && process.env['CARDINAL_MPI'] !== 'off') {
    const message = `${launch.by} started this process as rank ${launch.rank} of several, and each trains alone: cardinal train is what trains together (CARDINAL_MPI=off if that is meant)`;
    await options.onEvent?.({ type: 'warning', message });
  }
  const labels = options.labels === undefined ? undefined : resolve(options.labels);
  // Runs trace it, and tell several outputs from one then.
  const network: unknown = model;
  return trainOnPictures(
    source,
    network as Module | NamedModel,
    { ...options, labels },
    runPlatform(options.hub, options),
  );
}
