import type { Call } from '../base/channel/service.ts';
import type { DataCalls } from './data/service.ts';
import type { InsideCalls } from './inside/service.ts';
import type { JudgeCalls } from './judge/service.ts';
import type { PaperCalls } from './paper/service.ts';
import type { TrainCalls } from './train/service.ts';
import type { UseCalls } from './use/service.ts';

/** What the studio's page asks of its engine: a part for each of its rooms. */
export interface StudioService extends DataCalls, InsideCalls, JudgeCalls, PaperCalls, TrainCalls, UseCalls {
  about: Call<[], StudioAbout>;
  /** What there is to work with: named on the command line, bundled, or made since. */
  items: Call<[], readonly StudioItem[]>;
}

export interface StudioAbout {
  /** Where the engine is. */
  readonly where: 'page' | 'machine';
  /** What computes, in words: "WebAssembly with relaxed SIMD, 4 threads". */
  readonly engine: string;
  readonly version: string;
  /** Differs whenever it was started anew: files that were sent before are gone then. */
  readonly started: string;
  /** What keeps it from more, if anything does: no threads, no room to keep runs. */
  readonly notes: readonly string[];
}

/** Labelled pictures, a run with what it trained, or weights alone. */
export interface StudioItem {
  /** What calls name it by. */
  readonly id: string;
  readonly kind: 'data' | 'run' | 'weights';
  /** For people: a folder's or file's name, made to differ from the others. */
  readonly name: string;
}
