/** What came of a study of docs/studies: made of its page and its table by `scripts/study-results.ts` when the page is built. */
export interface StudyResult {
  readonly name: string;
  readonly title: string;
  readonly question: string;
  readonly verdict: Verdict;
  /** The verdict in a sentence. */
  readonly sentence: string;
  readonly claims: readonly {
    readonly claim: string;
    readonly verdict: Verdict;
    readonly found: string;
    readonly published?: string;
  }[];
  readonly charts: readonly StudyChart[];
}

export type Verdict = 'agrees' | 'disagrees' | 'cannot tell';

export type StudyChart =
  | {
      /** A number of each arm: the mean, and the single runs. */
      readonly kind: 'arms';
      readonly title: string;
      readonly unit: string;
      readonly arms: readonly {
        readonly label: string;
        readonly mean: number;
        readonly runs: readonly number[];
      }[];
    }
  | {
      readonly kind: 'lines';
      readonly title: string;
      readonly x: string;
      readonly unit: string;
      /** Powers of this base on the horizontal axis; absent: an axis in equal steps. */
      readonly log?: 2 | 10;
      readonly lines: readonly {
        readonly name: string;
        readonly points: readonly { readonly x: number; readonly y: number }[];
      }[];
    };

export const verdictWords: Readonly<Record<Verdict, string>> = {
  agrees: 'agrees',
  disagrees: 'disagrees',
  'cannot tell': 'undecided',
};
