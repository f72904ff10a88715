/** How well a network classifies labelled pictures. Shares are in [0, 1]. */
export interface Evaluation {
  readonly total: number;
  readonly correct: number;
  readonly top1: number;
  readonly top5: number;
  /** Mean cross-entropy without label smoothing, in nats. */
  readonly loss: number;
  readonly perClass: readonly {
    readonly name: string;
    readonly total: number;
    readonly correct: number;
    readonly precision: number;
    readonly recall: number;
    readonly f1: number;
  }[];
  /** confusion[true class][predicted class], counts. */
  readonly confusion: readonly (readonly number[])[];
}
