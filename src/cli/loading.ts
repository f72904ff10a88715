import { shortened } from '../base/quoted.ts';
import type { Preprocessing } from '../data/preprocessing.ts';
import { parseSet } from '../models/options.ts';
import type { OpenData } from '../data/open-data.ts';
import { isHubName } from '../hub/name.ts';
import type { HubOptions } from '../node/hub/repo.ts';
import { prepareFor } from '../node/prepare.ts';
import type { Preparable } from '../use/prepare.ts';
import { loadFrom, type Trained } from '../use/trained.ts';
import { otherNetwork } from '../use/identify.ts';
import { withWeightsFile } from '../node/weights-file.ts';
import type { WeightsFile } from '../node/weights-file.ts';
import type { VerifyOptions } from '../weights/digest.ts';
import { unmatchedTensors, type LoadedWeights } from '../weights/load.ts';
import type { WeightsFlags } from './flags/weights.ts';
import { tell } from './output/print.ts';

/** Opens a weights file for `work`. Shows the progress of downloads and prints the notes about what was chosen in the file. */
export async function openWeights<T>(
  name: string,
  work: (file: WeightsFile) => Promise<T>,
  { verify }: VerifyOptions = {},
): Promise<T> {
  const downloads = await showDownloads(isHubName(name));
  const opened = (file: WeightsFile): Promise<T> => {
    downloads.stop();
    for (const note of file.notes) tell(`note: ${note}`);
    return work(file);
  };
  try {
    return await withWeightsFile(name, opened, downloads.hub, { verify });
  } finally {
    downloads.stop();
  }
}

/** Shows the progress of downloads from the hub. */
export interface Downloads {
  readonly hub: HubOptions;
  /** Takes the progress away, so that other lines can be written. */
  stop(): void;
}

/** Has downloads shown, if there may be any: not for a file on this machine. */
export async function showDownloads(mayBe: boolean): Promise<Downloads> {
  if (!mayBe) return { hub: {}, stop: () => undefined };
  const { downloadView } = await import('./output/download-progress.ts');
  const view = downloadView();
  return {
    hub: {
      onProgress: (progress) => {
        view.show(progress);
      },
      onWarning: (text) => {
        view.stop();
        tell(`warning: ${text}`);
      },
    },
    stop: () => {
      view.stop();
    },
  };
}

/** The network and weights that the flags name. */
export async function loadForUse(path: string, flags: WeightsFlags): Promise<Trained> {
  const { model, set = [], inChannels, partial } = flags;
  const load = async (file: WeightsFile): Promise<Trained> => {
    warnOfOther(file, model);
    const trained = await loadFrom(file, { model, options: parseSet(set), inChannels, partial });
    tellUnmatched(trained.loaded);
    return trained;
  };
  return openWeights(path, load, flags);
}

const mostListed = 50;

/** Lists on stderr the tensors that `--partial` did not load, one name per line. */
export function tellUnmatched(loaded: LoadedWeights): void {
  const unmatched = unmatchedTensors(loaded);
  if (unmatched === undefined) return;
  tell(`note: ${unmatched.summary}`);
  for (const { why, fate, names } of unmatched.groups) {
    const more = names.length - mostListed;
    tell(
      `${why}, ${fate}:`,
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
  const { preprocessing, note } = await prepareFor(trained, flags, data);
  if (note !== undefined) tell(`warning: ${note}`);
  return preprocessing;
}
