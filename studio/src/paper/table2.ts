/** A row of the paper's Tables 2 and 3: top-1 error on ImageNet-1K in percent. */
export interface PublishedWidth {
  readonly cardinality: number;
  readonly width: number;
  readonly error50: number;
  readonly error101: number;
}

export const publishedWidths: readonly PublishedWidth[] = [
  { cardinality: 1, width: 64, error50: 23.9, error101: 22.0 },
  { cardinality: 2, width: 40, error50: 23.0, error101: 21.7 },
  { cardinality: 4, width: 24, error50: 22.6, error101: 21.4 },
  { cardinality: 8, width: 14, error50: 22.3, error101: 21.3 },
  { cardinality: 32, width: 4, error50: 22.2, error101: 21.2 },
];
