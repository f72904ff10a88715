import { UsageError } from '../../base/errors.ts';
import { ManySignals } from '../../base/many-signals.ts';
import { shortened } from '../../base/quoted.ts';
import { digits3 } from '../../report/format.ts';
import { csvRow } from '../../report/csv.ts';
import type { Classifier } from '../../use/classifier.ts';
import { classifyEach } from '../../use/classify-each.ts';
import { fail, naming } from '../output/failure.ts';
import { print, printJson } from '../output/print.ts';
import type { FormatFlags } from './output.ts';
import type { NamedPicture } from './pictures.ts';

/**
 * Prints the numbers that a network gives of pictures, by name. Gives how many pictures could not be read. Throws a `UsageError` for `top`.
 */
export async function predictNumbers(
  classifier: Classifier,
  pictures: readonly NamedPicture[],
  flags: FormatFlags & { readonly top?: number },
): Promise<number> {
  const { classes: names } = classifier;
  if (flags.top !== undefined) {
    throw new UsageError('--top is for classes and labels, this network gives numbers: leave it out');
  }
  const inputs = pictures.map(({ input }) => input);
  const answers = classifyEach(inputs, {}, new ManySignals(), (input) => classifier.logits(input));
  if (flags.csv) print(csvRow(['image', ...names]));
  const listed: object[] = [];
  let failures = 0;
  for await (const { index, top: found, error } of answers) {
    const { name } = pictures[index];
    if (error !== undefined) {
      failures++;
      fail(naming(shortened(name, 300), error));
      continue;
    }
    const numbers = Array.from(found);
    const one = { image: name, numbers: Object.fromEntries(names.map((each, k) => [each, numbers[k]])) };
    if (flags.csv) print(csvRow([name, ...numbers]));
    else if (flags.jsonl) print(JSON.stringify(one));
    else if (flags.json) listed.push(one);
    else {
      const words = names.map((each, k) => `${shortened(each)} ${digits3(numbers[k])}`);
      print(`${shortened(name, 300)}   ${words.join(', ')}`);
    }
  }
  if (flags.json) printJson(listed);
  return failures;
}
