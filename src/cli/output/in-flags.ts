/** Options of the library that messages name, with the flags that stand for them where these are not simply the same words. */
export const flagOptions: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [
      ...[
        'balance',
        'batchSize',
        'data',
        'decodeSeconds',
        'head',
        'inChannels',
        'loss',
        'maxPixels',
        'model',
      ],
      ...['out', 'partial', 'pictures', 'probe', 'recipe', 'resume', 'runs', 'shards', 'split', 'takeOver'],
      ...['verify', 'weights'],
    ].map((option) => [option, kebab(option)]),
  ),
  learningRate: 'lr',
  options: 'set',
  preprocessing: 'mean and --std',
};

/**
 * A message of the library for who gave flags. There an option stands in backquotes, alone or with its value, `head: 'reset'`; here it
 * becomes `--head reset`. What programs alone can do stands in parentheses, (in a program, …), and is left out.
 */
export function inFlags(message: string): string {
  return (
    message
      .replace(/ \(in a program[,:]? [^()]*\)/g, '')
      // A program says of a run that `out` names to continue it, a flag names the run itself.
      .replace(/^(.+) (holds a run already: continue it with `resume)`/, "$1 $2: '$1'`")
      .replace(/`([a-z][A-Za-z]*)(?:: ([^`]*))?`/g, (said, option: string, value?: string) =>
        Object.hasOwn(flagOptions, option) ? flagOf(flagOptions[option], value) : said,
      )
      .replace(
        /`options\.([A-Za-z]+)(?:: ([^`]*))?`/g,
        (_, option: string, value?: string) => `--set ${option}${value === undefined ? '' : `=${value}`}`,
      )
  );
}

/** `--head reset`, `--take-over`, `--no-verify`. */
function flagOf(flag: string, value: string | undefined): string {
  if (value === 'false') return `--no-${flag}`;
  return value === undefined || value === 'true'
    ? `--${flag}`
    : `--${flag} ${value.replace(/^'(.*)'$/, '$1')}`;
}

function kebab(option: string): string {
  return option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
