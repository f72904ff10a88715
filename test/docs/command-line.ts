import { Command, CommanderError } from 'commander';
import { z } from 'zod/mini';
import { parseSet } from '../../src/models/options.ts';
import { modelInfo } from '../../src/models/registry.ts';
import { parseHubName } from '../../src/hub/name.ts';
import { findStudy } from '../../src/study/studies/index.ts';
import { findRecipe } from '../../src/train/recipe.ts';

const module = z.looseObject({
  define: z.custom<(command: Command) => void>((value) => typeof value === 'function'),
});
const known = z.looseObject({
  model: z.optional(z.string()),
  recipe: z.optional(z.string()),
  weights: z.optional(z.string()),
  set: z._default(z.array(z.string()), []),
});

/**
 * Reads a command of `cardinal` with the definitions that the program has, without doing it: its flags exist, their values
 * are in range, its arguments are as many as they may be, and models, recipes and studies that it names are known. Throws
 * what a user would be told.
 */
export async function readCommand([name = '', ...words]: readonly string[]): Promise<void> {
  if (name === '' || name.startsWith('--')) return;
  const command = new Command(name)
    .exitOverride()
    .configureOutput({ writeOut: () => undefined, writeErr: () => undefined });
  // Commands are folders, loaded by their names.
  module.parse(await import(`../../src/cli/${name}/command.ts`)).define(command);
  command.option('--verbose').action(() => undefined);
  try {
    await command.parseAsync(words, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return;
    throw error;
  }
  const { model, recipe, weights, set } = known.parse(command.opts());
  const position = command.registeredArguments.findIndex((argument) => argument.name() === 'model');
  const named = model ?? (position < 0 ? undefined : command.args[position]);
  if (named !== undefined) modelInfo(named, parseSet(set));
  if (recipe !== undefined) findRecipe(recipe);
  for (const word of [weights, command.args[0]]) if (word?.startsWith('hf:') === true) parseHubName(word);
  if (name === 'study' && command.args.length > 0) findStudy(command.args[0]);
}
