import { basename } from 'node:path';

import { CardinalError } from '../../../base/errors.ts';
import type { StudioItem } from '../../../studio/service.ts';
import { runsIn, type Named } from './named.ts';

/** An item and where it is. */
export interface Located extends StudioItem {
  readonly path: string;
  /** Whether it is the run that comes with the package. */
  readonly isExample: boolean;
}

/** What the studio may open: what was named, runs in folders that were, and what was made since. Nothing else is found by any id. */
export class Items {
  readonly #named: Named[];
  /** Where new runs are made. */
  readonly runsFolder: string;

  constructor(named: readonly Named[], runsFolder: string) {
    const isExample = (each: Named): boolean => each.kind === 'run' && each.isExample === true;
    this.runsFolder = runsFolder;
    const isThere = named.some(({ kind, path }) => kind === 'runs' && path === runsFolder);
    const runs: Named = { kind: 'runs', path: runsFolder, name: basename(runsFolder) };
    this.#named = [
      ...named.filter((each) => !isExample(each)),
      ...(isThere ? [] : [runs]),
      // Rooms begin with the first run there is: one's own, if there is any.
      ...named.filter(isExample),
    ];
  }

  /** Adds data that was made. */
  add(path: string, name: string): Located {
    this.#named.push({ kind: 'data', path, name });
    return located('data', path, name);
  }

  async all(): Promise<Located[]> {
    const found = new Map<string, Located>();
    for (const each of this.#named) {
      const { kind, path, name } = each;
      const items =
        kind === 'runs'
          ? (await runsIn(path)).map((run) => located('run', run, basename(run)))
          : [located(kind, path, name, kind === 'run' && each.isExample === true)];
      for (const item of items) if (!found.has(item.id)) found.set(item.id, item);
    }
    return distinct([...found.values()]);
  }

  /** Throws a `CardinalError` if there is none, or none of these kinds. */
  async find(id: string, ...kinds: readonly StudioItem['kind'][]): Promise<Located> {
    const item = (await this.all()).find((each) => each.id === id);
    if (item !== undefined && kinds.includes(item.kind)) return item;
    const wanted = kinds.join(' or ');
    throw new CardinalError(
      item === undefined
        ? `the studio has no ${wanted} ${id}: name it when you start cardinal studio`
        : `${item.name}: expected ${wanted}, got ${item.kind}`,
    );
  }
}

function located(kind: StudioItem['kind'], path: string, name: string, isExample = false): Located {
  return { id: `${kind}:${path}`, kind, name, path, isExample };
}

/** Those that are called alike get the folder that they lie in before their names. */
function distinct(items: readonly Located[]): Located[] {
  const counts = new Map<string, number>();
  for (const { kind, name } of items) {
    const key = `${kind} ${name}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return items.map((item) => {
    if (counts.get(`${item.kind} ${item.name}`) === 1) return item;
    return { ...item, name: item.path.split(/[/\\]/).slice(-2).join('/') };
  });
}
