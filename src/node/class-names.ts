import { parseClassNames } from '../use/class-names.ts';
import { mostNames } from './data/files.ts';
import { readTextFile } from './files.ts';

/**
 * Names of classes by label, from a text file with a name on each line or from JSON: a list, or an object by label whose
 * values are names or [WordNet id, name]. Throws a `CardinalError` if it cannot be read or a label has no name.
 */
export async function readClassNames(path: string): Promise<string[]> {
  return parseClassNames(await readTextFile(path, mostNames), path);
}
