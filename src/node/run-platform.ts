import { isAbsolute, relative, resolve } from 'node:path';
import type { Picture } from '../data/dataset.ts';
import type { RunPlatform } from '../run/platform.ts';
import type { ReportPlatform } from '../run/report/run-report.ts';
import type { ClassMap } from '../use/explain/explanation.ts';
import { createNodeBackend, type IsolationOptions } from './backend.ts';
import { backends, isBackendName } from './backends.ts';
import { nodeLoaders } from './data/loader.ts';
import { openData } from './data/open.ts';
import { nodePictures } from './data/pictures.ts';
import { nodeFiles } from './file-system.ts';
import { overlayOf } from './explain.ts';
import { nodeFolders, nodeLists } from './folder-platform.ts';
import { isHubName } from '../hub/name.ts';
import type { HubOptions } from './hub/repo.ts';
import { machine } from './machine.ts';
import { largestProgram } from './memory.ts';
import type { MpiCommunicator } from './mpi/communicator.ts';
import { threadsOfRank } from './mpi/threads.ts';
import { MpiTrainingRanks } from './mpi/training-ranks.ts';
import { findSharp } from './sharp.ts';
import { withWeightsFile } from './weights-file.ts';

/** Reports on Node. */
export const nodeReports: ReportPlatform = {
  pictures: nodePictures,
  machine,
  within(folder, path) {
    const shown = relative(folder, path);
    const isWithin = isAbsolute(path) === isAbsolute(folder) && shown !== '' && !shown.startsWith('..');
    return isWithin ? shown : path;
  },
  // sharp is loaded when a picture is to be encoded.
  get encode() {
    const sharp = findSharp();
    return sharp && ((picture: Picture, side: number) => dataUri(sharp, picture, side));
  },
  get overlay() {
    const sharp = findSharp();
    return (
      sharp &&
      (async (found: ClassMap, picture: Picture, side: number) =>
        photoUri(sharp, await overlayOf(found, picture, picture, side), side))
    );
  },
};

/** How a run computes, and with whom. */
interface RunPlatformOptions extends IsolationOptions {
  readonly communicator?: MpiCommunicator | undefined;
}

/** What trains networks on this machine; `hub` is for weights of its names, `isolated` for a backend that a run makes; `communicator` for the ranks that do the run together. */
export function runPlatform(
  hub?: HubOptions,
  { isolated, communicator }: RunPlatformOptions = {},
): RunPlatform {
  return {
    ...nodeFolders,
    ...nodeLists,
    loaders: nodeLoaders,
    backends,
    openBackend: async ({ name, ...options }) => {
      const known = name !== undefined && isBackendName(name) ? name : undefined;
      const threads = options.threads ?? (communicator && threadsOfRank(communicator));
      const backend = await createNodeBackend({ ...options, threads, name: known, isolated, communicator });
      return { backend, end: () => backend.dispose() };
    },
    ranks: communicator && new MpiTrainingRanks(communicator),
    largestProgram,
    decoder() {
      const versions = findSharp()?.versions;
      return versions && `sharp ${versions.sharp}, libvips ${versions.vips}`;
    },
    openData: (path, options) => openData(path, options, hub),
    withWeights: (name, work, options) =>
      withWeightsFile(
        name,
        (file) => work({ ...file, path: isHubName(name) ? undefined : resolve(file.path) }),
        hub,
        options,
      ),
    // Loaded when it is needed: a run that fails has none.
    writeReport: async (run) =>
      (await import('../run/report/write-report.ts')).writeReport(run, { ...nodeFiles, ...nodeReports }),
  };
}

/** A small picture as a PNG, which keeps its pixels; a photo as a small WebP. */
async function dataUri(
  sharp: NonNullable<ReturnType<typeof findSharp>>,
  picture: Picture,
  side: number,
): Promise<string> {
  const { data, ...raw } = picture;
  if (Math.max(raw.width, raw.height) > 64) return photoUri(sharp, picture, side);
  return uri('png', await sharp(data, { raw }).png({ compressionLevel: 9 }).toBuffer());
}

async function photoUri(
  sharp: NonNullable<ReturnType<typeof findSharp>>,
  { data, ...raw }: Picture,
  side: number,
): Promise<string> {
  const picture = sharp(data, { raw });
  return uri('webp', await picture.resize(side, side, { fit: 'inside' }).webp({ quality: 70 }).toBuffer());
}

function uri(type: 'png' | 'webp', bytes: Buffer): string {
  return `data:image/${type};base64,${bytes.toString('base64')}`;
}
