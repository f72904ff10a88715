import { withEnding } from '../../base/endings.ts';
import { openFileSource } from '../../node/byte-source.ts';
import { nodeFolders } from '../../node/folder-platform.ts';
import { unpackRun } from '../../run/archive/unpack.ts';
import { printJson, tell } from '../output/print.ts';

/** Flags of `cardinal unpack`. */
export interface UnpackFlags {
  readonly json: boolean;
}

/** `cardinal unpack`: a run folder of one file. */
export async function unpack(file: string, run: string, { json }: UnpackFlags): Promise<void> {
  const source = await openFileSource(file);
  await withEnding(
    () => source.close(),
    () => unpackRun(source, run, {}, nodeFolders),
  );
  if (json) printJson({ file, run });
  else tell(`unpacked ${file} into ${run}: go on with cardinal train --resume ${run}`);
}
