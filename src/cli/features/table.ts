/** Embeddings of pictures with their labels, in the order of the data. */
export interface FeatureTable {
  /** D. */
  readonly width: number;
  /** One row of D numbers for each picture. */
  readonly features: readonly Float32Array[];
  /** Index into `classes` of each picture. */
  readonly labels: Int32Array;
  /** What each picture can be found by: its path, or its place in a file. */
  readonly pictures: readonly string[];
  readonly classes: readonly string[];
}
