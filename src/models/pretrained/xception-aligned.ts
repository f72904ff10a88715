import { apache, bicubic, half, pretrained, type Row } from './row.ts';

/** Published weights of aligned Xceptions: `scripts/pretrained.py` wrote them down from timm. */
const rows: readonly Row[] = [
  ['xception41.tf_in1k', 2020, apache, bicubic(299, 0.903, half), [299, 0.903, 78.55, 94.282]],
  ['xception65.ra3_in1k', 2022, apache, bicubic(299, 0.94, half), [299, 0.94, 83.186, 96.596]],
  ['xception65.tf_in1k', 2020, apache, bicubic(299, 0.903, half), [299, 0.903, 79.558, 94.656]],
  ['xception71.tf_in1k', 2020, apache, bicubic(299, 0.903, half), [299, 0.903, 79.92, 94.908]],
];

export const alignedXceptions = rows.map(pretrained);
