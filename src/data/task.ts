/** What a network's outputs are: scores of classes of which one is true, of labels each true or not, or numbers. */
export type Task = 'classes' | 'labels' | 'numbers';

/** What pictures have that are not of one class each. */
export interface Targets {
  readonly task: Exclude<Task, 'classes'>;
  /** N×K: 0 or 1 of labels, or numbers. K is that of the names in `classes`. */
  readonly values: Float32Array;
}
