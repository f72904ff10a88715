/** How well a network classifies labelled pictures. Shares are in [0, 1]. */
export interface Evaluation {
  /** What was predicted of pictures that are not of one class each; then `correct`, `top1`, `top5` are 0, and `perClass` and `confusion` empty. */
  readonly scores?: TaskScores | undefined;
  readonly total: number;
  readonly correct: number;
  readonly top1: number;
  readonly top5: number;
  /** Mean cross-entropy without label smoothing, in nats; of labels binary, of numbers the mean squared error. */
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

/** How well a network does what is no choice of one class. */
export type TaskScores = LabelScores | NumberScores;

/** How well several labels a picture are predicted. */
export interface LabelScores {
  readonly task: 'labels';
  /** The mean over labels of their average precision, of those that any picture has. */
  readonly mAP: number;
  /** F1 of all labels' decisions together, where a probability over 0.5 counts as yes. */
  readonly microF1: number;
  /** The mean over labels of their F1. */
  readonly macroF1: number;
  readonly perLabel: readonly {
    readonly name: string;
    /** Pictures that have it. */
    readonly total: number;
    /** As sklearn.metrics.average_precision_score; 0 if no picture has it. */
    readonly averagePrecision: number;
    readonly precision: number;
    readonly recall: number;
    readonly f1: number;
  }[];
}

/** How far predicted numbers are from true ones, in the numbers' own units; the mean over all of them, and each by itself. */
export interface NumberScores extends NumberErrors {
  readonly task: 'numbers';
  readonly perNumber: readonly (NumberErrors & { readonly name: string })[];
}

export interface NumberErrors {
  /** Mean absolute error. */
  readonly mae: number;
  /** Root of the mean squared error. */
  readonly rmse: number;
  /** 1 − Σ(y − ŷ)²/Σ(y − ȳ)²; the mean over the numbers, as sklearn.metrics.r2_score. Of a constant 1 if it is predicted, else 0. */
  readonly r2: number;
}
