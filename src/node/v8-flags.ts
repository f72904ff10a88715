import { cachedDataVersionTag, setFlagsFromString } from 'node:v8';

/**
 * Has V8's flags as given while `work` runs, and afterwards as they were: the program around us may have set them
 * otherwise. V8 does not report a flag's value, but its version tag is made of all flags, and changes only if setting
 * one changes something.
 */
export function withFlags<T>(flags: Readonly<Record<string, boolean>>, work: () => T): T {
  const changed: [flag: string, on: boolean][] = [];
  try {
    for (const [flag, on] of Object.entries(flags)) {
      const before = cachedDataVersionTag();
      set(flag, on);
      if (cachedDataVersionTag() !== before) changed.push([flag, on]);
    }
    return work();
  } finally {
    for (const [flag, on] of changed.toReversed()) set(flag, !on);
  }
}

function set(flag: string, on: boolean): void {
  setFlagsFromString(on ? `--${flag}` : `--no-${flag}`);
}
