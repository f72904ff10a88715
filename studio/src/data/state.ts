import { signal } from '@preact/signals';

/** What the visitor works with, for all rooms: the id of some data. Undefined: the first there is. */
export const chosenData = signal<string | undefined>(undefined);

/** Counted up when there is something new to work with, so that lists are asked for again. */
export const itemsVersion = signal(0);

// Another tab, or the command line, may have made something meanwhile.
window.addEventListener('focus', () => {
  itemsVersion.value++;
});

/** A class that is being made of a visitor's pictures. */
export interface NewClass {
  /** Its own for as long as it is there, whatever it is called. */
  readonly key: number;
  readonly name: string;
  readonly pictures: readonly NewPicture[];
}

export interface NewPicture {
  /** Numbers them in the order in which they were dropped. */
  readonly key: number;
  /** Kept, for an engine that is started anew. */
  readonly file: File;
  /** What the engine calls it, and which engine: `StudioAbout.started`. */
  readonly upload: string;
  readonly sentTo: string;
}

export const newClasses = signal<readonly NewClass[]>([]);
/** Files that could not be taken, in lines. */
export const refused = signal<readonly string[]>([]);

let keys = 0;

/** Adds a class, or gives the one that is called that; its key. */
export function classNamed(name: string): number {
  const found = newClasses.value.find((each) => each.name === name);
  if (found !== undefined) return found.key;
  const key = ++keys;
  newClasses.value = [...newClasses.value, { key, name, pictures: [] }];
  return key;
}

/** A name that no class has yet. */
export function freeName(): string {
  const names = new Set(newClasses.value.map(({ name }) => name));
  let number = names.size + 1;
  while (names.has(`class ${number}`)) number++;
  return `class ${number}`;
}

export function changeClass(key: number, change: (before: NewClass) => NewClass): void {
  newClasses.value = newClasses.value.map((each) => (each.key === key ? change(each) : each));
}

export function removeClass(key: number): void {
  newClasses.value = newClasses.value.filter((each) => each.key !== key);
}

/** Refusals that are told one by one; more are counted. */
const mostTold = 50;
let refusals = 0;

export function refuse(line: string): void {
  refusals++;
  const told = refused.value.slice(0, mostTold);
  refused.value =
    refusals <= mostTold ? [...told, line] : [...told, `And ${refusals - mostTold} more files.`];
}

export function forgetRefusals(): void {
  refusals = 0;
  refused.value = [];
}
