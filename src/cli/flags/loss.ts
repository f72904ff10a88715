import { messageOf, UsageError } from '../../base/errors.ts';
import { askedLoss, type Loss } from '../../train/loss.ts';
import { number } from './values.ts';

/** Those of a program's own are functions, which no flag can name. */
const kinds: readonly string[] = ['cross-entropy', 'bce', 'mse', 'focal'];

/** Reads `focal:gamma=2,alpha=0.25`: the name of a loss, and its options; `pos-weight=1,3` has a number for each label. */
export function lossFlag(text: string): Loss | undefined {
  const [kind, ...rest] = text.split(':');
  const expected = `--loss: expected ${kinds.slice(0, -1).join(', ')} or ${kinds.at(-1)}, with options as in focal:gamma=2, got '${text}'`;
  if (!kinds.includes(kind)) throw new UsageError(expected);
  const entries = optionsIn(rest.join(':')).map((option): [string, unknown] => {
    const [name, ...values] = option.split('=');
    const value = values.length === 0 ? 'true' : values.join('=');
    const key = name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
    if (value === 'true' || value === 'false') return [key, value === 'true'];
    const numbers = value.split(',').map(number(`--loss: ${name}`, {}));
    return [key, numbers.length === 1 ? numbers[0] : numbers];
  });
  try {
    return askedLoss({ kind, ...Object.fromEntries(entries) });
  } catch (error) {
    throw new UsageError(`${expected}: ${messageOf(error).replace(/^`loss`: /, '')}`);
  }
}

/** Options between commas; numbers without a name go on with the option before. */
function optionsIn(text: string): string[] {
  const options: string[] = [];
  for (const part of text.split(',').filter((option) => option !== '')) {
    const before = options.at(-1);
    if (before?.includes('=') === true && /^[-+.\d]/.test(part))
      options[options.length - 1] = `${before},${part}`;
    else options.push(part);
  }
  return options;
}
