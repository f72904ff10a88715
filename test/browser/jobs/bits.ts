import { cases } from '../../bits/networks.ts';
import { bitsOf, type Bits } from '../../bits/runs.ts';
import { openBackend, type PageSetting } from './backends.ts';

export interface BitsReport {
  readonly multiplyAdd: string | undefined;
  readonly bits: Readonly<Record<string, Bits>>;
}

/** What all small networks of the bits' tests come to in each setting; not the deep ones, whose planning takes its time. */
export async function bits(settings: readonly PageSetting[]): Promise<readonly BitsReport[]> {
  const names = Object.keys(cases).filter((name) => cases[name].deep !== true);
  const reports: BitsReport[] = [];
  for (const setting of settings) {
    const backend = await openBackend(setting);
    const found: Record<string, Bits> = {};
    for (const name of names) found[name] = await bitsOf(backend, name);
    reports.push({ multiplyAdd: backend.numerics?.multiplyAdd, bits: found });
    await backend.dispose();
  }
  return reports;
}
