/** What serves the studio's page, in Node or in the page itself. Its own: it may change with any version. */
export type {} from '../base/globals.ts'; // Globals that declarations speak of: nothing at run time.

export { connect } from '../base/channel/connect.ts';
export { portOf, type ChannelPort } from '../base/channel/port.ts';
export type { Call, Channel, Handlers } from '../base/channel/service.ts';
export { serve } from '../base/channel/serve.ts';
export { VERSION } from '../base/version.ts';
export { calibrated } from './calibrated.ts';
export { exampleName, exampleStays } from './example.ts';
export { Kept } from './kept.ts';
export { studioHandlers } from './handlers.ts';
export { portOfLine, type MessageLine } from './line.ts';
export type { MakeProgress, StudioClassifier, StudioPlatform, UploadedClass } from './platform.ts';
export type { PictureRef, SplitName } from './refs.ts';
export type { StudioAbout, StudioItem, StudioService } from './service.ts';
export { tooLarge } from './data/limits.ts';
export type { DataCheck, DataDescription, ListedPicture, Pixels } from './data/service.ts';
export type { Judged } from './judge/service.ts';
export type {
  Filters,
  InsideBlock,
  InsideConvolution,
  InsideLayer,
  InsideNetwork,
  LayerMaps,
  PathShares,
  PictureExplained,
  RegionSeen,
} from './inside/service.ts';
export type { RunCurves } from './train/curves.ts';
export type { Line } from './train/growing-line.ts';
export { noPart, readPart } from './train/part.ts';
export type { MetricsCursor, MetricsPart, StudioRuns } from './train/platform.ts';
export { recordsIn } from './train/records.ts';
export type { FormsFound, GradientLook, GroupsQuery, GroupTimes, ShortcutsFound } from './paper/service.ts';
export type { CutOff, PictureAnswer, RunState, TrainRequest } from './train/service.ts';
export type { ExportedFile, ExportFormat, ExportSizes } from './use/service.ts';
export type { HtmlFacts } from '../use/html/facts.ts';
export type { HtmlFiles, HtmlNetworks } from '../use/html/files.ts';
export { endIn } from './train/end.ts';
export { settingsOf } from './train/settings.ts';
export { Training, type TrainingDirections } from './train/training.ts';
export { trainedFrom } from './trained.ts';
