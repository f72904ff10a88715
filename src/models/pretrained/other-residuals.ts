import { apache, bicubic, bilinear, half, pretrained, type Row } from './row.ts';

/** Published weights of pre-activation and cross-stage partial networks: `scripts/pretrained.py` wrote them down from timm. */
const rows: readonly Row[] = [
  ['cspresnet50.ra_in1k', 2020, apache, bilinear(256, 0.887), [256, 0.887, 79.578, 94.698]],
  ['cspresnext50.ra_in1k', 2020, apache, bilinear(256, 0.887), [256, 0.887, 80.548, 95.33]],
  [
    'resnetv2_50.a1h_in1k',
    2021,
    apache,
    bicubic(224, 0.95, half),
    [224, 0.95, 80.41, 95.082],
    [288, 1, 81.406, 95.712],
  ],
  [
    'resnetv2_101.a1h_in1k',
    2021,
    apache,
    bicubic(224, 0.95, half),
    [224, 0.95, 82.042, 95.866],
    [288, 1, 83.002, 96.444],
  ],
];

export const otherResiduals = rows.map(pretrained);
