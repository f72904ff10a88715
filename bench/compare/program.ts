import type { Communication } from './contender.ts';

/** What a contender's does, in its process or its page. */
export interface Program {
  readonly version: string;
  run(): Promise<void>;
  /** Milliseconds that each part of the last run took, where parts are timed. */
  times?(): readonly number[];
  /** Milliseconds of the last run, where another clock than this process's has them. */
  ms?(): number;
  /** What was communicated in the last run, of several ranks. */
  communication?(): Communication | undefined;
  /** Ends what is not this process's own. */
  close?(): Promise<void>;
  /** The numbers of the last run that others can be compared with. */
  results(): Promise<Float32Array>;
}
