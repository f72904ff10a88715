import { Readable } from 'node:stream';
import { backends } from '../../../src/node/backends.ts';
import { nodeFiles } from '../../../src/node/file-system.ts';
import { nodeFolders, nodeLists } from '../../../src/node/folder-platform.ts';
import { nodeReports, runPlatform } from '../../../src/node/run-platform.ts';
import * as metrics from '../../../src/run/folder/metrics-file.ts';
import * as remains from '../../../src/run/folder/run-remains.ts';
import * as toContinue from '../../../src/run/folder/to-continue.ts';
import * as list from '../../../src/run/pictures/picture-list.ts';
import * as readList from '../../../src/run/pictures/read-list.ts';
import * as pictures from '../../../src/run/pictures/run-pictures.ts';
import * as reportPictures from '../../../src/run/report/pictures.ts';
import * as report from '../../../src/run/report/write-report.ts';
import * as continued from '../../../src/run/training/continued-settings.ts';
import * as engine from '../../../src/run/training/engine.ts';
import * as settings from '../../../src/run/training/settings.ts';

/** Inner functions of `src/run` with Node as their platform, for tests of what they do there. */

/** A function without its last argument, the platform. */
function bound<Given extends readonly unknown[], Platform, Result>(
  work: (...args: [...Given, Platform]) => Result,
  platform: Platform,
): (...args: Given) => Result {
  return (...args) => work(...args, platform);
}

export const engineToKeep = bound(engine.engineToKeep, backends);
export const engineBefore = bound(engine.engineBefore, backends);
export const engineToBegin = bound(engine.engineToBegin, backends);
export const engineToContinue = bound(engine.engineToContinue, backends);

export const planRewind = bound(metrics.planRewind, nodeFiles);
export const linesThatStay = bound(metrics.linesThatStay, nodeFiles);
export function readMetricsFile(path: string, piece?: number): ReturnType<typeof metrics.readMetricsFile> {
  return metrics.readMetricsFile(path, nodeFiles, piece);
}

export const countListed = bound(readList.countListed, nodeLists);
export const listPictures = bound(list.listPictures, nodeLists);
export const picturesOf = bound(readList.picturesOf, nodeLists);
/** A list of these lines. */
export function listOf(parts: readonly (readonly string[])[], contents: boolean): Promise<list.PictureList> {
  return list.listOf(
    parts.map((lines) => Readable.from(lines) as AsyncIterable<string>),
    contents,
    nodeLists,
  );
}
export const unpackList = bound(readList.unpackList, nodeLists);
export const picturesOfRun = bound(pictures.picturesOfRun, runPlatform());

export const remainsIn = bound(remains.remainsIn, nodeFolders);
export const readToContinue = bound(toContinue.readToContinue, nodeFolders);

export const settingsFor = bound(settings.settingsFor, runPlatform());
export const continuedSettings = bound(continued.continuedSettings, nodeFiles);

export const writeReport = bound(report.writeReport, { ...nodeFiles, ...nodeReports });
export function withSomePictures(
  misclassified: Parameters<typeof reportPictures.withSomePictures>[0],
  source: Parameters<typeof reportPictures.withSomePictures>[1],
  limit?: number,
): ReturnType<typeof reportPictures.withSomePictures> {
  return reportPictures.withSomePictures(misclassified, source, nodeReports, limit);
}
