import { datasetPrefix } from '../../../data/address.ts';
import type { HubOptions } from '../../hub/repo.ts';
import { fetchDataset } from './fetch-dataset.ts';
import { fetchTars } from './fetch-tars.ts';
import type { OpenShards } from './open-shards.ts';

/** Shards from the web or the hub, on this machine. Throws a `CardinalError` of one line. */
export function fetchShards(address: string, downloads: HubOptions): Promise<OpenShards> {
  return address.startsWith(datasetPrefix) ? fetchDataset(address, downloads) : fetchTars(address, downloads);
}
