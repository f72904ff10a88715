import { UsageError } from '../base/errors.ts';
import { shortened } from '../base/quoted.ts';
import type { Preprocessing } from '../data/preprocessing.ts';
import { parseSet } from '../models/options.ts';
import type { OpenData } from '../data/open-data.ts';
import { isHubName } from '../node/hub/name.ts';
import type { HubOptions } from '../node/hub/repo.ts';
import { prepareFor } from '../node/prepare.ts';
import type { Preparable } from '../use/prepare.ts';
import { loadFrom, type Trained } from '../use/trained.ts';
import { otherNetwork } from '../use/identify.ts';
import { withWeightsFile } from '../node/weights-file.ts';
import type { WeightsFile } from '../node/weights-file.ts';
import type { VerifyOptions } from '../weights/digest.ts';
import type { LoadedWeights } from '../weights/load.ts';
import type { WeightsFlags } from './flags/weights.ts';
import type { DownloadView } from './output/download-progress.ts';
import { tell } from './output/print.ts';

/** Opens a weights file for `work`. Shows the progress of downloads and prints the notes about what was chosen in the file. */
export async function openWeights<T>(
  name: string,
  work: (file: WeightsFile) => Promise<T>,
  { verify }: VerifyOptions = {},
): Promise<T> {
  const view = await viewOf(name);
  const warn = (text: string): void => {
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
    return await withWeightsFile(name, opened, { onProgress, onWarning: warn }, { verify });
  } finally {
    view.stop();
  }
}

/** The progress of a download; a view that shows nothing for a file on this machine. */
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

const mostListed = 50;

/** Lists on stderr the tensors that `--partial` did not load, one name per line. */
export function tellLeft({ loaded, missing, misshaped, unexpected }: LoadedWeights): void {
  const groups = [
    ['not in the file, kept at their initial values', missing],
    ['of another shape, kept at their initial values', misshaped],
    ['not in the network, ignored', unexpected],
  ] as const;
  if (groups.every(([, names]) => names.length === 0)) return;
  tell(`note: loaded ${loaded.length} of ${loaded.length + missing.length + misshaped.length} tensors`);
  for (const [what, names] of groups) {
    if (names.length === 0) continue;
    const more = names.length - mostListed;
    tell(
      `${what}:`,
      names.slice(0, mostListed).map((name) => `  ${shortened(name)}`),
    );
    if (more > 0) tell(`  and ${more} more`);
  }
}

/** Warns if `--model` contradicts the weights' repository. */
export function warnOfOther(file: WeightsFile, model: string | undefined): void {
  const other = otherNetwork(file, model);
  if (other !== undefined) tell(`warning: ${other}`);
}

/** How the network's pictures are prepared; warns if that is a guess. */
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
