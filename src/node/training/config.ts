import * as portable from '../../run/training/config.ts';
import { backends } from '../backends.ts';

/** `config.json` of a run folder, of a run that this machine can compute. */
export const runConfigSchema = portable.runConfigSchema(backends);
