/** How a picture is resized; torchvision's names (`InterpolationMode`), Pillow's arithmetic. */
export const interpolations = ['nearest', 'box', 'bilinear', 'hamming', 'bicubic', 'lanczos'] as const;

export type Interpolation = (typeof interpolations)[number];

/** An even window that weighs input pixels by their distance from an output pixel, in output pixels. */
export interface Filter {
  /** The weight is zero beyond this distance. */
  readonly support: number;
  readonly weight: (x: number) => number;
}

/** Pillow's filters (src/libImaging/Resample.c). `nearest` is none: it picks pixels and weighs nothing. */
export const filters: Readonly<Record<Exclude<Interpolation, 'nearest'>, Filter>> = {
  // Half open, so that a pixel on the border of two boxes counts once.
  box: { support: 0.5, weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  hamming: { support: 1, weight: hamming },
  bicubic: { support: 2, weight: (x) => cubic(Math.abs(x)) },
  lanczos: { support: 3, weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

/** Keys' cubic with a = −0.5, as Pillow has it. */
function cubic(x: number): number {
  const a = -0.5;
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI);
}

// Pillow writes these two constants in single precision.
const [pedestal, swing] = [Math.fround(0.54), Math.fround(0.46)];

/** A sinc under Hamming's window. */
function hamming(x: number): number {
  return Math.abs(x) < 1 ? sinc(x) * (pedestal + swing * Math.cos(x * Math.PI)) : 0;
}
