import type { RunConfig } from '../../run/training/config.ts';

/** Settings of a run as words by their name, for tables of what differs between runs. */
export function settingsOf({
  data,
  model,
  recipe,
  seed,
  preprocessing,
  weights,
  freeze,
  patience,
}: RunConfig): Record<string, string> {
  const settings: Record<string, string> = { data, network: model.name };
  for (const [name, value] of Object.entries(model.options)) addWords(settings, `network ${name}`, value);
  for (const [name, value] of Object.entries(recipe)) addWords(settings, name, value);
  settings['seed'] = String(seed);
  if (patience !== undefined) settings['patience'] = String(patience);
  settings['input'] = `${preprocessing.size.join('×')}×${preprocessing.channels}`;
  if (weights !== undefined) settings['begins with'] = `${weights.file}, classifier ${weights.head}`;
  if (freeze !== undefined && freeze.length > 0) settings['frozen'] = freeze.join(', ');
  return settings;
}

/** What has parts of its own becomes a setting for each: `schedule warmUp epochs`. */
function addWords(settings: Record<string, string>, name: string, value: unknown): void {
  if (Array.isArray(value)) settings[name] = value.map(wordOf).join(', ');
  else if (typeof value !== 'object' || value === null) settings[name] = wordOf(value);
  else for (const [part, inner] of Object.entries(value)) addWords(settings, `${name} ${part}`, inner);
}

function wordOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
