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
  for (const [name, value] of Object.entries(model.options)) settings[`network ${name}`] = wordOf(value);
  for (const [name, value] of Object.entries(recipe)) settings[name] = wordOf(value);
  settings['seed'] = String(seed);
  if (patience !== undefined) settings['patience'] = String(patience);
  settings['input'] = `${preprocessing.size.join('×')}×${preprocessing.channels}`;
  if (weights !== undefined) settings['begins with'] = `${weights.file}, classifier ${weights.head}`;
  if (freeze !== undefined && freeze.length > 0) settings['frozen'] = freeze.join(', ');
  return settings;
}

function wordOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
