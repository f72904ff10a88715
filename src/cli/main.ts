import { Command, CommanderError, Help } from 'commander';
import { UsageError } from '../base/errors.ts';
import { verdictOn } from './error.ts';
import { answerSignals } from './process/interrupt.ts';
import { saidOnce } from './process/said-once.ts';
import { answerLostStreams } from './process/streams.ts';
import { writeLines } from './output/lines.ts';
import { didYouMean } from './suggest.ts';
import { keepToPictures } from '../node/sharp.ts';
import { version } from '../node/version.ts';

/** A command's `command.ts`: adds arguments, flags, examples and the action to the command of its name. */
interface CommandModule {
  define(command: Command): void;
}

/** Every command with its line in the overview. Only the file of the one that is called is loaded. */
const commands: Readonly<Record<string, readonly [summary: string, load: () => Promise<CommandModule>]>> = {
  demo: ['train and evaluate a small ResNeXt on bundled pictures', () => import('./demo/command.ts')],
  models: ['list the networks that can be built by name', () => import('./models/command.ts')],
  summary: ["print a network's layers, shapes, parameters and cost", () => import('./summary/command.ts')],
  tradeoff: [
    'compare cardinality and width at equal cost (ResNeXt paper, Table 2)',
    () => import('./tradeoff/command.ts'),
  ],
  plan: ['print the program that a network compiles to', () => import('./plan/command.ts')],
  forecast: [
    'forecast how training goes on many hosts, before there are any',
    () => import('./forecast/command.ts'),
  ],
  lr: ['find a learning rate: a range test with a chart', () => import('./lr/command.ts')],
  train: ['train a network on pictures', () => import('./train/command.ts')],
  study: ["repeat one of the ResNeXt paper's comparisons", () => import('./study/command.ts')],
  eval: ['evaluate a trained network on labelled pictures', () => import('./eval/command.ts')],
  predict: ['classify pictures with a trained network', () => import('./predict/command.ts')],
  explain: ['show where in pictures a trained network sees a class', () => import('./explain/command.ts')],
  features: ['write the embedding of every picture to a table', () => import('./features/command.ts')],
  serve: ['answer requests for classifications over HTTP and gRPC', () => import('./serve/command.ts')],
  studio: ['see, train and take apart networks in a page', () => import('./studio/command.ts')],
  inspect: [
    'list the tensors of a weights file and the networks they fit',
    () => import('./inspect/command.ts'),
  ],
  verify: ['check a run or a weights file for damage', () => import('./verify/command.ts')],
  pack: ['pack a run into one file, or data into shards', () => import('./pack/command.ts')],
  unpack: ['unpack a run from one file', () => import('./unpack/command.ts')],
  convert: ['convert weights to another format', () => import('./convert/command.ts')],
  export: ['export a network to ONNX or PyTorch', () => import('./export/command.ts')],
  run: ['run a network on raw tensors, to check a port', () => import('./run/command.ts')],
  doctor: ['show what this machine supports and what is used of it', () => import('./doctor/command.ts')],
};

keepToPictures();

const args = process.argv.slice(2);
const asked = args.find((arg) => !arg.startsWith('-') && arg !== 'help') ?? '';

answerSignals();
answerLostStreams(report);

/** Errors that nobody awaits, of a stream or a worker, are reported in the same way. */
process.on('uncaughtException', (error: unknown) => {
  report(error);
  process.exit();
});

try {
  if (args[0] === 'help' && asked !== '' && !Object.hasOwn(commands, asked)) {
    throw new UsageError(`unknown command '${asked}'; see cardinal --help`);
  }
  const program = await build();
  if (args.length === 0) program.outputHelp();
  else await parse(program);
} catch (error) {
  report(asked === 'train' ? await saidOnce(error) : error);
}

/** Runs the command that was called; an unknown flag is answered with the one that was probably meant. */
async function parse(program: Command): Promise<void> {
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    const unknown = error instanceof CommanderError && error.code === 'commander.unknownOption';
    const flag = unknown ? /'(.*)'/s.exec(error.message)?.[1] : undefined;
    if (!unknown || flag === undefined) throw error;
    const command = program.commands.find((candidate) => candidate.name() === asked) ?? program;
    const flags = command.options
      .flatMap(({ long, short }) => [long, short])
      .filter((name) => name !== undefined);
    const meant = didYouMean(flag, {
      flags,
      args: command.registeredArguments.map((argument) => argument.name()),
    });
    throw new CommanderError(
      2,
      error.code,
      `unknown option '${flag}'${meant === undefined ? '' : ` ${meant}`}`,
    );
  }
}

function report(error: unknown): void {
  const command = Object.hasOwn(commands, asked) ? asked : '';
  const { exitCode, lines } = verdictOn(error, { command, verbose: args.includes('--verbose') });
  if (lines.length > 0) writeLines(process.stderr, lines);
  process.exitCode = exitCode;
}

async function build(): Promise<Command> {
  const help = new Help();
  const program = new Command('cardinal')
    .description('Build, train, explain and run ResNeXt and its relatives.')
    .version(version(), '-V, --version')
    .option('--verbose', 'print the stack trace of an error')
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => {
        writeLines(process.stdout, text.replace(/\n$/, '').split('\n'));
      },
      outputError: () => undefined,
    })
    .configureHelp({
      helpWidth: process.stdout.isTTY ? Math.min(process.stdout.columns, 100) : 100,
      // A boolean flag is off by default: saying so for each would be noise.
      optionDescription: (option) =>
        option.isBoolean() ? option.description : help.optionDescription(option),
    })
    .addHelpText(
      'after',
      '\nExamples:\n  $ cardinal demo\n  $ cardinal summary resnext50_32x4d\n  $ cardinal train --help',
    );
  for (const [name, [summary, load]] of Object.entries(commands)) {
    const command = program.command(name).description(summary);
    if (name !== asked) continue;
    (await load()).define(command);
    command.option('--verbose', 'print the stack trace of an error').showSuggestionAfterError(false);
  }
  return program;
}
