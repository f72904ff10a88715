import type { TensorEntry } from './archive.ts';
import type { Described } from './described-tensor.ts';

/**
 * How other programs call the parts of the networks of `src/models`, as data: ordered substitutions that turn their names
 * into ours. A name map states that the networks are the same, not only that the names can be made to look alike: where an
 * implementation computes something else under similar names, it has no map here.
 */
export interface NameMap {
  /** Short name for messages. */
  readonly id: string;
  /** Whose names these are, and where they can be read. */
  readonly origin: string;
  /** Substitutions, each done to every name in this order: a regular expression and what takes the place of its match. */
  readonly substitutions: Substitutions;
  /** A regular expression that matches a name in every file with such names: others are not tried. */
  readonly marker?: string;
  /** What else than the name differs: the tensor of a file with such names as the network has it. */
  readonly adapt?: <T extends Described>(name: string, tensor: T) => T;
  /** For which networks of the registry, by a regular expression of their names, `back` turns our names into those. */
  readonly networks?: string;
  readonly back?: Substitutions;
  /** The tensor of a network as a file with such names has it, by the network's name of it. */
  readonly adaptBack?: (name: string, tensor: TensorEntry) => TensorEntry;
}

export type Substitutions = readonly (readonly [pattern: string, replacement: string])[];
