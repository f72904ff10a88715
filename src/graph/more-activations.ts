import { usualSlope, type ActivationRule } from './activation-rule.ts';
import { normalCdf, normalDensity } from './normal.ts';

const rootTwoOverPi = Math.sqrt(2 / Math.PI);
const cubic = 0.044715;

const rules = {
  /** x·sigmoid(x) (Elfwing et al. 2017; Swish of Ramachandran et al. 2017, and of EfficientNet), as torch.nn.SiLU. */
  silu: {
    value: (x) => x * sigmoid(x),
    slopeFrom: 'x',
    gradient: (dy, x) => dy * sigmoid(x) * (1 + near(x) * sigmoid(-x)),
  },
  /** x·relu6(x + 3)/6 (Howard et al. 2019, section 5.2), as torch.nn.Hardswish. */
  hardswish: {
    value: (x) => (x * Math.min(Math.max(x + 3, 0), 6)) / 6,
    slopeFrom: 'x',
    // At −3 and 3 PyTorch takes the slope of the parabola.
    gradient: (dy, x) => (x < -3 ? 0 : x > 3 ? dy : dy * (x / 3 + 0.5)),
  },
  /** 1/(1 + e^−x). */
  sigmoid: {
    value: sigmoid,
    slopeFrom: 'x',
    gradient: (dy, x) => dy * sigmoid(x) * sigmoid(-x),
  },
  /** x·Φ(x), with the distribution function of normal numbers (Hendrycks and Gimpel 2016), as torch.nn.GELU. */
  gelu: {
    value: (x) => x * normalCdf(x),
    slopeFrom: 'x',
    gradient: (dy, x) => dy * (normalCdf(x) + near(x) * normalDensity(x)),
  },
  /** The formula that its authors give to compute it by: x·(1 + tanh(√(2/π)·(x + 0.044715·x³)))/2. */
  gelu_tanh: {
    value: (x) => x * sigmoid(2 * bent(x)),
    slopeFrom: 'x',
    gradient: (dy, x) => {
      const at = near(x);
      const slope = rootTwoOverPi * (1 + 3 * cubic * at ** 2);
      return dy * sigmoid(2 * bent(at)) * (1 + 2 * at * slope * sigmoid(-2 * bent(at)));
    },
  },
  /** x above 0, slope·x below it (Maas et al. 2013). */
  leaky_relu: {
    value: (x, slope = usualSlope) => (x > 0 ? x : x * slope),
    slopeFrom: 'x',
    gradient: (dy, x, slope = usualSlope) => (x > 0 ? dy : dy * slope),
  },
} satisfies Record<string, ActivationRule>;

export type MoreActivationName = keyof typeof rules;

/**
 * The activations of networks after ResNeXt. Scripts of a page have them only where such a network runs;
 * elsewhere `no-more-activations.ts` stands for this file.
 */
export const moreActivations: Readonly<Record<MoreActivationName, ActivationRule>> = rules;

/** Names of the activations that ops end in where networks after ResNeXt run, and ResNeXts' do not. */
export const fusedBeside: readonly (MoreActivationName | 'hardsigmoid')[] = [
  'hardsigmoid',
  ...(Object.keys(rules) as MoreActivationName[]), // The keys of the table above.
];

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** Twice this is what the sigmoid of GELU's second formula is of. */
function bent(x: number): number {
  return rootTwoOverPi * (x + cubic * x ** 3);
}

/** x, cut off where no f′ above bends any more: without that, 0·∞ would be NaN there. */
function near(x: number): number {
  return Math.min(Math.max(x, -100), 100);
}
