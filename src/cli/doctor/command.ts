import type { Command } from 'commander';
import { withExamples, withJsonFlag } from '../flags/common.ts';
import type { DoctorFlags } from './run.ts';

export function define(command: Command): void {
  withExamples(withJsonFlag(command), 'doctor', 'doctor --json').action(async (flags: DoctorFlags) => {
    const { doctor } = await import('./run.ts');
    await doctor(flags);
  });
}
