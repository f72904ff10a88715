import { computed, effect, signal } from '@preact/signals';
import { address, withQuery } from '../address.ts';
import { addressOf, choiceOf, withOption } from './choice.ts';
import { partAt, type Part } from './outline.ts';
import { ask } from './work/ask.ts';
import { atFrame } from './work/at-frame.ts';
import { Newest, type Answer } from './work/newest.ts';
import type { Choice, Shown } from './work/service.ts';

const first: Choice = { name: 'resnext50_32x4d', options: {} };

/** What the visitor chose. A link brings it. */
export const choice = signal<Choice>(choiceOf(address.peek()) ?? first);

/** The network on show: the last that could be built. */
export const shown = signal<Shown | undefined>(undefined);

/** Why the chosen one cannot be built. */
export const fault = signal<string | undefined>(undefined);

/** What the options of the chosen network are unless they are set. */
export const defaults = signal<Readonly<Record<string, unknown>>>({});

/** What the options of the chosen network are; those of the controls, so that none waits for what is counted. */
export const options = computed((): Readonly<Record<string, unknown>> => ({
  ...defaults.value,
  ...choice.value.options,
}));

export const chosenName = computed(() => choice.value.name);

/** Ids of the parts that are open. */
export const opened = signal<ReadonlySet<string>>(new Set());

/** Id of the part whose details are read. */
export const selectedId = signal('0');

/** The network on show once a control rests: what is out of sight follows that. */
export const rested = signal<Shown | undefined>(undefined);

export const network = computed(() => shown.value?.network);

/** The part whose details are read: of another network the one in the same place, or all of it. */
export const selected = computed((): Part | undefined =>
  network.value === undefined ? undefined : (partAt(network.value, selectedId.value) ?? network.value),
);

const showing = new Newest<Choice, Shown>((asked) => ask('show', asked), atFrame(take));

function take(answer: Answer<Shown>): void {
  if ('error' in answer) {
    fault.value = answer.error;
    return;
  }
  fault.value = undefined;
  shown.value = answer.value;
  clearTimeout(resting);
  if (rested.value === undefined) rested.value = answer.value;
  else {
    resting = setTimeout(() => {
      rested.value = shown.value;
    }, restAfter);
  }
}

/** Milliseconds without an answer. */
const restAfter = 250;
let resting: ReturnType<typeof setTimeout> | undefined;

const plain = new Newest<Choice, Shown>(
  (asked) => ask('show', asked),
  (answer) => {
    if ('value' in answer) defaults.value = answer.value.options;
  },
);

/** Follows the address and the choice as long as the room is open; gives how to end it. */
export function begin(): () => void {
  const ends = [
    effect(() => {
      const linked = choiceOf(address.value);
      if (linked !== undefined && addressOf(linked) !== addressOf(choice.peek())) choice.value = linked;
    }),
    effect(() => {
      showing.ask(choice.value);
      remember(choice.value);
    }),
    effect(() => {
      plain.ask({ name: choice.value.name, options: {} });
    }),
  ];
  return () => {
    for (const end of ends) end();
  };
}

/** Sets options of the chosen network. */
export function set(changes: Readonly<Record<string, unknown>>): void {
  choice.value = withOption(choice.value, defaults.value, changes);
}

let timer: ReturnType<typeof setTimeout> | undefined;

/** The address follows when a control rests: browsers take only so many changes of it in a second. */
function remember(chosen: Choice): void {
  clearTimeout(timer);
  timer = setTimeout(() => {
    if (location.hash.startsWith('#/network') || location.hash === '') {
      history.replaceState(null, '', withQuery(addressOf(chosen)));
    }
  }, 250);
}

export function toggle(id: string): void {
  const next = new Set(opened.value);
  if (!next.delete(id)) next.add(id);
  opened.value = next;
}
