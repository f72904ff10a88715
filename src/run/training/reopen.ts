import { CardinalError } from '../../base/errors.ts';
import { sameData } from '../../base/same-data.ts';
import { shortened } from '../../base/quoted.ts';
import { listModels } from '../../models/registry.ts';
import { recipeDifference } from '../../train/continue.ts';
import { bestFile, lastFile } from '../folder/checkpoints.ts';
import { isMissing } from '../../base/file-errors.ts';
import type { RunFolder } from '../folder/run-folder.ts';
import type { Backends } from '../backends.ts';
import type { RunPlatform } from '../platform.ts';
import { runConfigSchema, type RunConfig } from './config.ts';
import type { RunLog } from './events.ts';
import type { LastCheckpoint } from './prepared.ts';

/** What a run folder holds of the run that is to go on. */
export interface FoundRun {
  /** Undefined where an earlier version wrote none, as for programs' runs. */
  readonly config: RunConfig | undefined;
  /** Undefined if the run was ended before its first. */
  readonly checkpoint: LastCheckpoint | undefined;
}

/**
 * Looks into a run folder that was opened to continue its run; what is left of one without a checkpoint is cleared away. A
 * run that only its program can continue is refused unless it is that which asks (`byProgram`). Throws a `CardinalError` if
 * there is no run, or if its settings were edited.
 */
export async function findRun(
  folder: RunFolder,
  byProgram: boolean,
  log: RunLog,
  { backends }: Pick<RunPlatform, 'backends'>,
): Promise<FoundRun> {
  const { path } = folder;
  const config = await readConfig(folder, backends);
  // A program's own recipe may be called so, too.
  if (config?.recipe.name === 'probe' && !(await folder.has(lastFile))) {
    throw new CardinalError(
      `${path} is a linear probe, which is done in seconds and cannot be continued: begin it again with its own command and another \`out\`, or train on with \`weights: '${path}/${bestFile}'\``,
    );
  }
  const remains = await folder.remains();
  if (!byProgram) requireContinuable(path, config, remains === 'run');
  const onNotice = (message: string): Promise<void> => log.notice(message);
  if (!(await folder.hasBegun({ onNotice }))) return { config, checkpoint: undefined };
  const { training, ...rest } = await folder.checkpointToContinue();
  if (training === undefined) {
    throw new CardinalError(`${path}/${lastFile} holds only weights: there is nothing to continue from`);
  }
  const checkpoint = { ...rest, training };
  if (config !== undefined) requireUnedited(path, config, checkpoint);
  return { config, checkpoint };
}

async function readConfig(folder: RunFolder, backends: Backends): Promise<RunConfig | undefined> {
  try {
    return await folder.readConfig(runConfigSchema(backends));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Throws a `CardinalError` that says who can, unless the command line can continue a run. */
function requireContinuable(path: string, config: RunConfig | undefined, hasBegun: boolean): void {
  const there = `continue it there, with trainOn(…, { resume: true, out: ${JSON.stringify(path)} })`;
  if (config === undefined) {
    throw new CardinalError(
      hasBegun
        ? `${path} has no config.json, as a run that a program began: ${there}`
        : `no run in ${path} that \`resume\` could begin anew, it has no config.json: begin it with its own command, cardinal train <data> … --out ${path}`,
    );
  }
  const { name } = config.model;
  if (!listModels().includes(name)) {
    throw new CardinalError(
      `${path}: its network, ${shortened(name)}, is a class of a program, not of the registry: ${there}`,
    );
  }
  if (config.program !== undefined) {
    const has = config.program.map((part) => (part === 'augment' ? 'an augmentation' : part)).join(' and ');
    throw new CardinalError(`${path}: it has ${has} of its program: ${there}`);
  }
  if (!hasBegun && config.command === undefined) {
    throw new CardinalError(
      `${path}: a program began this run, which was ended before its first checkpoint: ${there}`,
    );
  }
}

/**
 * Throws a `CardinalError` unless `config.json` says of a run what its checkpoint does: whoever edited it would get a run that is
 * neither what it was nor what the file says. Its data may lie elsewhere by now, and it may have become longer.
 */
export function requireUnedited(
  path: string,
  { seed, recipe, model, preprocessing, valFraction }: RunConfig,
  checkpoint: LastCheckpoint,
): void {
  const { training } = checkpoint;
  const heldOut = checkpoint.pictures?.at(0)?.heldOut;
  const settings: Record<string, readonly [unknown, unknown]> = {
    seed: [training.seed, seed],
    model: [checkpoint.model.name, model.name],
    'model.options': [checkpoint.model.options, model.options],
    preprocessing: [checkpoint.preprocessing, preprocessing],
    ...(heldOut === undefined ? {} : { valFraction: [heldOut.fraction, valFraction] }),
    ...(recipe.epochs < training.recipe.epochs ? { epochs: [training.recipe.epochs, recipe.epochs] } : {}),
  };
  const other = Object.entries(settings).find(([, [has, says]]) => !sameData(has, says));
  const text = (value: unknown): string => shortened(JSON.stringify(value));
  const difference =
    other === undefined
      ? recipeDifference(training.recipe, recipe)
      : `${other[0]} ${text(other[1][0])}, not ${text(other[1][1])}`;
  if (difference === undefined) return;
  throw new CardinalError(
    `${path}/config.json was edited: the run has ${difference}; put it back, or begin another run`,
  );
}
