import type { ModelEntry } from './entry.ts';
import { UsageError } from '../base/errors.ts';
import { bicubic } from './mobile-pictures.ts';
import { RegNet, type RegNetShape } from './regnet.ts';

/** RegNetX and RegNetY under timm's names, of which the digits are hundreds of millions of MACs, and torchvision's. */

const paper = 'Radosavovic et al., Designing Network Design Spaces, CVPR 2020, arXiv 2003.13678';

/** As the authors published them: d, w₀, w_a, w_m and g, and how much of a picture is cut out where it is not 0.875 of its side. */
type Row = readonly [name: string, d: number, w0: number, wa: number, wm: number, g: number, crop?: number];

const rows: readonly Row[] = [
  ['regnetx_002', 13, 24, 36.44, 2.49, 8],
  ['regnetx_004', 22, 24, 24.48, 2.54, 16],
  ['regnetx_006', 16, 48, 36.97, 2.24, 24],
  ['regnetx_008', 16, 56, 35.73, 2.28, 16, 0.965],
  ['regnetx_016', 18, 80, 34.01, 2.25, 24, 0.965],
  ['regnetx_032', 25, 88, 26.31, 2.25, 48, 0.965],
  ['regnetx_040', 23, 96, 38.65, 2.43, 40],
  ['regnetx_064', 17, 184, 60.83, 2.07, 56],
  ['regnetx_080', 23, 80, 49.56, 2.88, 120, 0.965],
  ['regnetx_120', 19, 168, 73.36, 2.37, 112],
  ['regnetx_160', 22, 216, 55.59, 2.1, 128, 0.965],
  ['regnetx_320', 23, 320, 69.86, 2.0, 168, 0.965],

  ['regnety_002', 13, 24, 36.44, 2.49, 8],
  ['regnety_004', 16, 48, 27.89, 2.09, 8, 0.965],
  ['regnety_006', 15, 48, 32.54, 2.32, 16],
  ['regnety_008', 14, 56, 38.84, 2.4, 16],
  ['regnety_016', 27, 48, 20.71, 2.65, 24, 0.965],
  ['regnety_032', 21, 80, 42.63, 2.66, 24, 0.95],
  ['regnety_040', 22, 96, 31.41, 2.24, 64, 0.95],
  ['regnety_064', 25, 112, 33.22, 2.27, 72, 0.95],
  ['regnety_080', 17, 192, 76.82, 2.19, 56, 0.95],
  ['regnety_120', 19, 168, 73.36, 2.37, 112, 0.95],
  ['regnety_160', 18, 200, 106.23, 2.48, 112, 0.95],
  ['regnety_320', 20, 232, 115.89, 2.53, 232, 0.965],
];

/** Of which torchvision's have other widths than the authors'. */
const rounded = ['regnetx_004', 'regnety_008', 'regnety_080'];

export const regnetEntries: readonly ModelEntry[] = rows.flatMap((row) => {
  const [name] = row;
  const theirs = torchvisionsName(name);
  if (!rounded.includes(name)) return [{ ...entryOf(row, name), aliases: [theirs] }];
  const entry = entryOf(row, `${name}_tv`, 'up');
  const description = `${entry.description}, with the widths of torchvision`;
  return [entryOf(row, name), { ...entry, description, aliases: [theirs], pictures: bicubic(0.965) }];
});

function entryOf(row: Row, name: string, halves: RegNetShape['halves'] = 'even'): ModelEntry {
  const [published, depth, initialWidth, slope, multiplier, groupWidth, crop] = row;
  const letter = published.startsWith('regnety') ? 'Y' : 'X';
  const usual = letter === 'Y' ? 'se' : 'none';
  return {
    name,
    description: `RegNet${letter} of ${sizeOf(published)}: a ResNeXt whose widths and cardinality were searched as a space`,
    paper,
    inputShape: [3, 224, 224],
    pictures: bicubic(crop),
    defaults: {
      ...{ layers: depth, baseWidth: groupWidth, widthMultiplier: 1 },
      ...{ attention: usual, reduction: 4, activation: 'relu' },
      ...{ zeroInitResidual: true, numClasses: 1000, inChannels: 3, dropout: 0, dropPath: 0 },
    },
    build({ layers = depth, baseWidth = groupWidth, widthMultiplier = 1, attention = usual, ...options }) {
      if (typeof layers !== 'number') {
        throw new UsageError(
          `${name}: expected layers to be a number of blocks, which the widths divide into stages, got ${layers.join()}`,
        );
      }
      if (attention !== 'se' && attention !== 'none') {
        throw new UsageError(`${name}: expected attention to be se or none, got ${attention}`);
      }
      const shape = {
        depth: layers,
        initialWidth: Math.max(1, Math.round(initialWidth * widthMultiplier)),
        ...{ slope: slope * widthMultiplier, multiplier, groupWidth: baseWidth, halves },
      };
      return new RegNet(shape, { ...options, squeeze: attention === 'se' });
    },
  };
}

/** `regnety_016` → `1.6GF`. */
function sizeOf(name: string): string {
  const megamacs = 100 * Number(name.slice(-3));
  return megamacs < 1000 ? `${megamacs}MF` : `${megamacs / 1000}GF`;
}

/** `regnety_016` → `regnet_y_1_6gf`. */
function torchvisionsName(name: string): string {
  return `regnet_${name.at(6)}_${sizeOf(name).toLowerCase().replace('.', '_')}`;
}
