import type { GradientLook } from 'cardinal-nn/studio';

type Layer = GradientLook['layers'][number];

/** The layers that charts show: all but the classifier, whose gradient comes straight from the loss. */
export function blockLayers({ layers }: GradientLook): readonly Layer[] {
  const deepest = layers.at(-1)?.depth;
  return layers.filter(({ depth }) => depth !== deepest);
}

/** How many times as large the gradients of the first layers are as those of the last ones: geometric means over a fifth of the depth each. */
export function slopeOf(look: GradientLook): number {
  const layers = blockLayers(look);
  const deepest = layers.at(-1)?.depth ?? 1;
  const part = Math.max(1, Math.round(deepest / 5));
  const first = layers.filter(({ depth }) => depth <= part);
  const last = layers.filter(({ depth }) => depth > deepest - part);
  return Math.exp(meanLog(first) - meanLog(last));
}

function meanLog(layers: readonly Layer[]): number {
  return layers.reduce((sum, { norm }) => sum + Math.log(norm), 0) / layers.length;
}

/** 12 times as large, a fifth as large: what a slope says. */
export function timesText(slope: number): string {
  if (!Number.isFinite(slope)) return 'not a number any more';
  if (slope >= 1.5) return `${rounded(slope)} times as large`;
  if (slope <= 1 / 1.5) return `${rounded(1 / slope)} times smaller`;
  return 'about as large';
}

function rounded(value: number): string {
  return value >= 10 ? new Intl.NumberFormat('en-US').format(Number(value.toPrecision(2))) : value.toFixed(1);
}

/** One row for each layer of a look, for a spreadsheet. */
export function rowsOf(
  looks: readonly (readonly [network: string, look: GradientLook])[],
): (string | number)[][] {
  return [
    ['network', 'steps', 'parameter', 'depth', 'gradient_norm', 'weight_norm'],
    ...looks.flatMap(([network, { steps, layers }]) =>
      layers.map(({ parameter, depth, norm, weightNorm }) => [
        ...[network, steps, parameter, depth, norm, weightNorm],
      ]),
    ),
  ];
}
