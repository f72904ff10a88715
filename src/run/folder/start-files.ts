import { pictureListFile } from '../pictures/picture-list.ts';
import type { FilePlatform } from './file-system.ts';
import type { ListPlatform } from './platform.ts';

/** What it takes to look into a folder. */
export type RemainsPlatform = FilePlatform & Pick<ListPlatform, 'gunzip'>;

/** What a run writes before its first checkpoint. */
export const startFiles = ['metrics.jsonl', 'config.json', pictureListFile] as const;
