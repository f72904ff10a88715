/** A page as a contender: `node bench/browser/contender.ts WORK OPTIONS`, both JSON. */
import { serve } from '../compare/serve.ts';
import { workSchema } from '../compare/work.ts';
import { openPageProgram, pageOptionsSchema } from './page-program.ts';

const work = workSchema.parse(JSON.parse(process.argv[2]));
const options = pageOptionsSchema.parse(JSON.parse(process.argv[3]));
if ('layers' in work) throw new Error('pages have whole networks only');
const program = await openPageProgram(work, options);
if ('absent' in program) {
  process.stdout.write(`${JSON.stringify(program)}\n`, () => process.exit());
} else {
  await serve(program);
}
