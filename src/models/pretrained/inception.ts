import { apache, bicubic, half, pretrained, type Row } from './row.ts';

/** Published weights of Inceptions with and without shortcuts: `scripts/pretrained.py` wrote them down from timm. */
const rows: readonly Row[] = [
  ['inception_v4.tf_in1k', 2019, apache, bicubic(299, 0.875, half), [299, 0.875, 80.144, 94.982]],
  ['inception_resnet_v2.tf_in1k', 2019, apache, bicubic(299, 0.8975, half), [299, 0.897, 80.434, 95.312]],
  [
    'inception_resnet_v2.tf_ens_adv_in1k',
    2023,
    apache,
    bicubic(299, 0.8975, half),
    [299, 0.897, 79.998, 94.94],
  ],
];

export const inceptions = rows.map(pretrained);
