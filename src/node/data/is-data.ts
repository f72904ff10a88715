import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { datasetPrefix } from '../../data/address.ts';

/** Whether a name is more likely that of data than of weights: by how it is written, or because it is a folder and none of a run. */
export async function isData(name: string): Promise<boolean> {
  if (name.startsWith(datasetPrefix) || /\.(tar|parquet)$/i.test(name)) return true;
  const isThere = (path: string): Promise<boolean | undefined> =>
    stat(path).then(
      (info) => info.isDirectory(),
      () => undefined,
    );
  return (await isThere(name)) === true && (await isThere(join(name, 'config.json'))) === undefined;
}
