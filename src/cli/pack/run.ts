import { stat } from 'node:fs/promises';
import { writeFileAtomic } from '../../node/files.ts';
import { nodeFolders } from '../../node/folder-platform.ts';
import { bytes } from '../../report/format.ts';
import { packRun } from '../../run/archive/pack.ts';
import { printJson, tell } from '../output/print.ts';

/** Flags of `cardinal pack`. */
export interface PackFlags {
  readonly shards?: number;
  readonly labels?: string;
  readonly out?: string;
  readonly seed: number;
  readonly json: boolean;
}

/** `cardinal pack`: a run as one file. */
export async function pack(run: string, file: string, { json }: Pick<PackFlags, 'json'>): Promise<void> {
  await writeFileAtomic(file, packRun(run, {}, nodeFolders));
  const { size } = await stat(file);
  if (json) printJson({ run, file, bytes: size });
  else tell(`packed the run in ${run} into ${file}: ${bytes(size)}`);
}
