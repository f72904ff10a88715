import { UsageError } from '../base/errors.ts';
import { shortened } from '../base/quoted.ts';
import type { Preprocessing } from '../data/preprocessing.ts';
import { parseSet } from '../models/options.ts';
import type { OpenData } from '../node/data/open.ts';
import { isHubName } from '../node/hub/name.ts';
import type { HubOptions } from '../node/hub/repo.ts';
import { prepareFor, type Preparable } from '../use/prepare.ts';
import { loadFrom, otherNetwork, type Trained } from '../use/trained.ts';
import { withWeightsFile, type WeightsFile } from '../use/weights-file.ts';
import type { VerifyOptions } from '../weights/digest.ts';
import type { LoadedWeights } from '../weights/load.ts';
import type { DownloadView } from './output/download-progress.ts';
import type { WeightsFlags } from './flags.ts';
import { tell } from './output/print.ts';

/** Opens a file of weights for `work`; downloads are shown while they go, and what was chosen in the file is told. */
export async function openWeights<T>(
  name: string,
  work: (file: WeightsFile) => Promise<T>,
  { verify }: VerifyOptions = {},
): Promise<T> {
  const view = await viewOf(name);
  const told = (text: string): void => {
    view.stop();
    tell(`warning: ${text}`);
  };
  const opened = (file: WeightsFile): Promise<T> => {
    view.stop();
    for (const note of file.notes) tell(`note: ${note}`);
    return work(file);
  };
  try {
    const onProgress: HubOptions['onProgress'] = (progress) => {
      view.show(progress);
    };
    return await withWeightsFile(name, opened, { onProgress, onWarning: told }, { verify });
  } finally {
    view.stop();
  }
}

/** The progress of downloads; of a file on this machine there is none. */
async function viewOf(name: string): Promise<DownloadView> {
  if (!isHubName(name)) return { show: () => undefined, stop: () => undefined };
  const { downloadView } = await import('./output/download-progress.ts');
  return downloadView();
}

/** The network and weights that the flags name. */
export async function loadForUse(path: string, flags: WeightsFlags): Promise<Trained> {
  const { model, set = [], inChannels, partial } = flags;
  const load = async (file: WeightsFile): Promise<Trained> => {
    warnOfOther(file, model);
    const trained = await loadFrom(file, { model, options: parseSet(set), inChannels, partial });
    tellLeft(trained.loaded);
    return trained;
  };
  return openWeights(path, load, flags);
}

const mostTold = 50;

/** Tells on stderr what `--partial` left, a name a line. */
export function tellLeft({ loaded, missing, misshaped, unexpected }: LoadedWeights): void {
  const groups = [
    ['not in the file, as the network draws them', missing],
    ['of another shape, as the network draws them', misshaped],
    ['not in the network, left out', unexpected],
  ] as const;
  if (groups.every(([, names]) => names.length === 0)) return;
  tell(`note: loaded ${loaded.length} of ${loaded.length + missing.length + misshaped.length} tensors`);
  for (const [what, names] of groups) {
    if (names.length === 0) continue;
    const more = names.length - mostTold;
    tell(
      `${what}:`,
      names.slice(0, mostTold).map((name) => `  ${shortened(name)}`),
    );
    if (more > 0) tell(`  and ${more} more`);
  }
}

/** Tells if `--model` contradicts the weights' repository. */
export function warnOfOther(file: WeightsFile, model: string | undefined): void {
  const other = otherNetwork(file, model);
  if (other !== undefined) tell(`warning: ${other}`);
}

/** How its pictures are prepared; a guess is told. */
export async function preprocessingFor(
  trained: Preparable,
  flags: WeightsFlags,
  data?: OpenData,
): Promise<Preprocessing> {
  // Before anything is measured with them.
  requirePerChannel({ channels: trained.channels, mean: flags.mean, std: flags.std });
  const { preprocessing, note } = await prepareFor(trained, flags, data);
  if (note !== undefined) tell(`warning: ${note}`);
  return preprocessing;
}

/** Throws a `UsageError` unless `--mean` and `--std` gave a number for each channel, if they were given. */
export function requirePerChannel({
  channels,
  mean,
  std,
}: {
  readonly channels: number;
  readonly mean?: readonly number[] | undefined;
  readonly std?: readonly number[] | undefined;
}): void {
  for (const [flag, list] of Object.entries({ mean, std })) {
    if (list !== undefined && list.length !== channels) {
      throw new UsageError(`--${flag}: expected ${channels} numbers, one a channel, got ${list.length}`);
    }
  }
}
