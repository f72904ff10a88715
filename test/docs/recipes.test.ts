import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { augmentationParts } from '../../src/data/augmentations.ts';
import { recipeRows } from '../../src/report/recipe.ts';
import { recipes, type Recipe } from '../../src/train/recipe.ts';

const page = readFileSync(new URL('../../docs/recipes.md', import.meta.url), 'utf8');

/** A recipe's row of the table, as its report would say it. */
function rowOf(recipe: Recipe): string {
  const said = Object.fromEntries(recipeRows(recipe));
  const { augmentation, mix } = recipe;
  const cells = [
    `\`${recipe.name}\``,
    ...[said['epochs'], said['batch size'], said['optimiser'], said['learning rate'], said['weight decay']],
    augmentation === undefined ? 'as is usual for the data' : augmentationParts(augmentation),
    mix === undefined ? '' : `${mix.mixup}, ${mix.cutmix}`,
  ];
  return `| ${cells.join(' | ')} |`;
}

test.each(Object.values<Recipe>(recipes))('the page of recipes has the numbers of $name', (recipe) => {
  expect(page).toContain(rowOf(recipe));
});
