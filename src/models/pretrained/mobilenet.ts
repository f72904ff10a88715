import { apache, asTheyAre, bicubic, bilinear, half, pretrained, type Row } from './row.ts';

/** Published weights of MobileNets and MnasNets: `scripts/pretrained.py` wrote them down from timm. */
const rows: readonly Row[] = [
  ['mobilenetv2_050.lamb_in1k', 2022, apache, bicubic(224, 0.875), [224, 0.875, 65.928, 86.114]],
  ['mobilenetv2_100.ra_in1k', 2020, apache, bicubic(224, 0.875), [224, 0.875, 72.91, 91]],
  ['mobilenetv2_110d.ra_in1k', 2020, apache, bicubic(224, 0.875), [224, 0.875, 75.056, 92.186]],
  ['mobilenetv2_120d.ra_in1k', 2020, apache, bicubic(224, 0.875), [224, 0.875, 77.3, 93.516]],
  ['mobilenetv2_140.ra_in1k', 2020, apache, bicubic(224, 0.875), [224, 0.875, 76.528, 93.008]],
  ['mobilenetv3_small_050.lamb_in1k', 2022, apache, bicubic(224, 0.875), [224, 0.875, 57.918, 80.144]],
  ['mobilenetv3_small_075.lamb_in1k', 2022, apache, bicubic(224, 0.875), [224, 0.875, 65.284, 85.462]],
  ['mobilenetv3_small_100.lamb_in1k', 2022, apache, bicubic(224, 0.875), [224, 0.875, 67.636, 87.638]],
  ['mobilenetv3_large_100.ra_in1k', 2020, apache, bicubic(224, 0.875), [224, 0.875, 75.784, 92.528]],
  [
    'mobilenetv3_large_100.miil_in21k_ft_in1k',
    2022,
    apache,
    bilinear(224, 0.875, asTheyAre),
    [224, 0.875, 77.92, 92.894],
  ],
  ['tf_mobilenetv3_small_075.in1k', 2019, apache, bilinear(224, 0.875, half), [224, 0.875, 65.706, 86.13]],
  ['tf_mobilenetv3_small_100.in1k', 2019, apache, bilinear(224, 0.875, half), [224, 0.875, 67.922, 87.686]],
  ['tf_mobilenetv3_large_075.in1k', 2019, apache, bilinear(224, 0.875, half), [224, 0.875, 73.442, 91.332]],
  ['tf_mobilenetv3_large_100.in1k', 2019, apache, bilinear(224, 0.875, half), [224, 0.875, 75.51, 92.6]],
  ['mnasnet_100.rmsp_in1k', 2019, apache, bicubic(224, 0.875), [224, 0.875, 74.672, 92.108]],
  ['mnasnet_small.lamb_in1k', 2022, apache, bicubic(224, 0.875), [224, 0.875, 66.204, 86.47]],
  ['semnasnet_075.rmsp_in1k', 2022, apache, bicubic(224, 0.875), [224, 0.875, 73, 91.124]],
  ['semnasnet_100.rmsp_in1k', 2019, apache, bicubic(224, 0.875), [224, 0.875, 75.452, 92.608]],
];

export const mobilenets = rows.map(pretrained);
