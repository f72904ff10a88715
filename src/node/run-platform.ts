import { isAbsolute, relative, resolve } from 'node:path';
import type { Picture } from '../data/dataset.ts';
import type { RunPlatform } from '../run/platform.ts';
import type { ReportPlatform } from '../run/report/run-report.ts';
import { createNodeBackend, type IsolationOptions } from './backend.ts';
import { backends, isBackendName } from './backends.ts';
import { nodeLoaders } from './data/loader.ts';
import { openData } from './data/open.ts';
import { nodePictures } from './data/pictures.ts';
import { nodeFiles } from './file-system.ts';
import { nodeFolders, nodeLists } from './folder-platform.ts';
import { isHubName } from '../hub/name.ts';
import type { HubOptions } from './hub/repo.ts';
import { machine } from './machine.ts';
import { largestProgram } from './memory.ts';
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
};

/** What trains networks on this machine; `hub` is for weights of its names, `isolated` for a backend that a run makes. */
export function runPlatform(hub?: HubOptions, { isolated }: IsolationOptions = {}): RunPlatform {
  return {
    ...nodeFolders,
    ...nodeLists,
    loaders: nodeLoaders,
    backends,
    createBackend: ({ name, ...options }) =>
      createNodeBackend({
        ...options,
        name: name !== undefined && isBackendName(name) ? name : undefined,
        isolated,
      }),
    largestProgram,
    decoder() {
      const versions = findSharp()?.versions;
      return versions && `sharp ${versions.sharp}, libvips ${versions.vips}`;
    },
    openData,
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
  { data, width, height, channels }: Picture,
  side: number,
): Promise<string> {
  const picture = sharp(data, { raw: { width, height, channels } });
  if (Math.max(width, height) <= 64) return uri('png', await picture.png({ compressionLevel: 9 }).toBuffer());
  return uri('webp', await picture.resize(side, side, { fit: 'inside' }).webp({ quality: 70 }).toBuffer());
}

function uri(type: 'png' | 'webp', bytes: Buffer): string {
  return `data:image/${type};base64,${bytes.toString('base64')}`;
}
