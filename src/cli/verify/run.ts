import { shortened } from '../../base/quoted.ts';
import type { Check, CheckResult } from '../../node/verify/check.ts';
import { verify } from '../../node/verify/verify.ts';
import { count } from '../../report/format.ts';
import { pc } from '../output/colours.ts';
import { inFlags } from '../output/in-flags.ts';
import { print, printJson } from '../output/print.ts';
import { runConfigSchema } from '../../node/training/config.ts';
import { alignColumns } from '../output/table.ts';

/** Flags of `cardinal verify`. */
export interface VerifyFlags {
  readonly json: boolean;
}

/** `cardinal verify`: everything there is, with exit code 1 if anything is damaged. */
export async function verifyPath(path: string, { json }: VerifyFlags): Promise<void> {
  const { checks, damaged } = await verify(path, { config: runConfigSchema });
  if (json) {
    printJson({
      path,
      damaged,
      checks: checks.map((check) => ({ ...check, checksum: check.checksum ?? null })),
    });
  } else print(lines(checks, damaged));
  if (damaged > 0) process.exitCode = 1;
}

const colours: Readonly<Record<CheckResult, (text: string) => string>> = {
  ok: pc.green,
  doubtful: pc.yellow,
  damaged: pc.red,
};

function lines(checks: readonly Check[], damaged: number): string[] {
  const rows = alignColumns(
    checks.map(({ file, what, result, checksum }) => [
      shortened(file),
      colours[result](result),
      shortened(what),
      pc.dim(checksum ?? 'no checksum'),
    ]),
    ['left', 'left', 'left', 'left'],
  );
  return [
    ...checks.flatMap(({ notes }, index) => [rows[index], ...notes.map((note) => `  ${inFlags(note)}`)]),
    '',
    `${count(checks.length)} ${checks.length === 1 ? 'file' : 'files'} verified: ${damaged === 0 ? 'nothing is damaged' : `${count(damaged)} damaged`}`,
  ];
}
