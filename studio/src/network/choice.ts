import type { Choice } from './work/service.ts';

/** `network/resnext/layers=3,4,23,3/cardinality=64` of the address, in its parts. Undefined without a name. */
export function choiceOf(parts: readonly string[]): Choice | undefined {
  const [room, name, ...settings] = parts;
  if (room !== 'network' || parts.length < 2) return undefined;
  const options = settings.flatMap((setting): [string, unknown][] => {
    const at = setting.indexOf('=');
    return at < 1 ? [] : [[setting.slice(0, at), valueOf(setting.slice(at + 1))]];
  });
  return { name, options: Object.fromEntries(options) };
}

/** The address of a choice. Names of options and their values need no encoding but what a stranger typed does. */
export function addressOf({ name, options }: Choice): string {
  const settings = Object.entries(options).map(([option, value]) => `${option}=${String(value)}`);
  const parts = ['network', name, ...settings].map((part) =>
    encodeURIComponent(part).replaceAll('%3D', '=').replaceAll('%2C', ','),
  );
  return `#/${parts.join('/')}`;
}

function valueOf(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true';
  const numbers = text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
  if (numbers.some(Number.isNaN)) return text;
  return numbers.length === 1 ? numbers[0] : numbers;
}

/** A choice with one option changed; what is as the network has it anyway is left out. */
export function withOption(
  { name, options }: Choice,
  defaults: Readonly<Record<string, unknown>>,
  changes: Readonly<Record<string, unknown>>,
): Choice {
  const all = Object.entries({ ...options, ...changes });
  return {
    name,
    options: Object.fromEntries(all.filter(([option, value]) => String(value) !== String(defaults[option]))),
  };
}

const blocksOf: Readonly<Record<string, readonly number[]>> = {
  50: [3, 4, 6, 3],
  101: [3, 4, 23, 3],
  152: [3, 8, 36, 3],
  200: [3, 24, 36, 3],
};

/**
 * The same network as a setting of `resnext` or `resnext_cifar`, where everything can be changed: its name fixes cardinality and width.
 * Undefined for a network that is none.
 */
export function freeChoice({ name, options }: Choice): Choice | undefined {
  const depth = /^resnex?t(\d+)/.exec(name)?.[1];
  const rest = depth === undefined ? '' : name.slice(name.indexOf(depth) + depth.length);
  const [, cardinality = 1, baseWidth = 64] = (/^_(\d+)x(\d+)d/.exec(rest) ?? []).map(Number);
  const template = { cardinality, baseWidth, ...options };
  const isWhole = /^(_\d+x\d+d)?$/.test(rest);
  if (depth !== undefined && isWhole && Object.hasOwn(blocksOf, depth)) {
    return { name: 'resnext', options: { layers: blocksOf[depth], ...template } };
  }
  const isSmall = depth === '29' && /^_\d+x\d+d_cifar$/.test(rest);
  return isSmall ? { name: 'resnext_cifar', options: template } : undefined;
}
