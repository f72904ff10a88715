import type { Call } from '../../../base/channel/service.ts';

/** What the first process asks of the others. */
export interface MemberService {
  /** Ends as at that signal. */
  stop: Call<[signal: NodeJS.Signals]>;
  /** Loads all weights again. */
  reload: Call;
  /** Its metrics, as prom-client's registry lists them. */
  samples: Call<[], readonly object[]>;
}

/** What the others ask of the first process. */
export interface FirstService {
  /** From now on it answers requests; the lines tell people of what. */
  serving: Call<[lines: readonly string[]]>;
  /** The metrics of all processes, in the format that Prometheus reads. */
  metrics: Call<[], string>;
}
