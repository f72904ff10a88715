import { batch, effect, signal, untracked } from '@preact/signals';
import { engine, whenBack } from '../engine/engine.ts';
import { messageOf } from '../parts/answer.ts';
import { sendPicture } from '../parts/send-picture.ts';
import type { Dropped, DroppedFile } from './dropped.ts';
import {
  changeClass,
  classNamed,
  forgetRefusals,
  freeName,
  newClasses,
  refuse,
  type NewPicture,
} from './state.ts';

/** Files on their way to the engine; `waiting` while there is none to take them. */
export const uploading = signal({ done: 0, of: 0, waiting: false });

/** Files that are sent at a time. */
const atOnce = 4;
/** Milliseconds in which pictures that were taken are gathered before they are shown: thousands come fast. */
const gathering = 150;

/** The class that files of a batch go to. It is made with its first picture, so that what holds none makes no class. */
interface Target {
  readonly name: string | undefined;
  key?: number;
}

interface Waiting {
  readonly key: number;
  readonly file: File;
  readonly target: Target;
}

let keys = 0;
let waiting: Waiting[] = [];
let taken: { readonly target: Target; readonly picture: NewPicture }[] = [];
let senders = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
/** Another one after each end: what was on its way then is let go. */
let round = {};

/** Gives files to the engine, each to the class of its folder, or to the class `key` if it has none. What is no picture is told and left out. */
function uploadAll(files: readonly DroppedFile[], key?: number): void {
  const targets = new Map<string | undefined, Target>();
  for (const { file, folder } of files) {
    const target = targets.get(folder) ?? {
      name: folder,
      ...(folder === undefined && key !== undefined && { key }),
    };
    targets.set(folder, target);
    waiting.push({ key: ++keys, file, target });
  }
  begin(files.length);
}

/** Takes in what was dropped, for the class `key` if it has one; what could not be read of it is told. */
export function takeDropped({ files, failed }: Dropped, key?: number): void {
  forgetRefusals();
  for (const line of failed) refuse(line);
  if (files.length === 0 && failed.length === 0) refuse('There was no picture in what was dropped.');
  uploadAll(key === undefined ? files : files.map(({ file }) => ({ file, folder: undefined })), key);
}

/** Sends no more files; what was taken stays. */
export function stopUploading(): void {
  round = {};
  waiting = [];
  show();
  uploading.value = { done: 0, of: 0, waiting: false };
}

function begin(files: number): void {
  uploading.value = { ...uploading.value, of: uploading.value.of + files };
  while (senders < Math.min(atOnce, waiting.length)) {
    senders++;
    void send().finally(() => {
      senders--;
    });
  }
}

async function send(): Promise<void> {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const own = round;
    const { key, file, target } = next;
    const { engine: channel, about } = await whenBack(() => {
      uploading.value = { ...uploading.value, waiting: true };
    });
    if (own !== round) continue;
    try {
      const upload = await sendPicture(channel, file);
      if (own !== round) continue;
      taken.push({ target, picture: { key, file, upload, sentTo: about.started } });
    } catch (error) {
      if (own !== round) continue;
      if (channel.ended !== undefined) {
        // Lost on its way: it is sent again when there is an engine.
        waiting.unshift(next);
        continue;
      }
      refuse(`${file.name}: ${messageOf(error)}`);
    }
    const { done, of } = uploading.value;
    if (done + 1 < of) {
      timer ??= setTimeout(show, gathering);
      uploading.value = { done: done + 1, of, waiting: false };
    } else {
      show();
      uploading.value = { done: 0, of: 0, waiting: false };
    }
  }
}

/** Puts what was taken into its classes. */
function show(): void {
  clearTimeout(timer);
  timer = undefined;
  const all = taken;
  taken = [];
  batch(() => {
    for (const [target, pictures] of Map.groupBy(all, (each) => each.target)) {
      target.key ??= classNamed(target.name ?? freeName());
      changeClass(target.key, (each) => ({
        ...each,
        pictures: [...each.pictures, ...pictures.map(({ picture }) => picture)].toSorted(
          (a, b) => a.key - b.key,
        ),
      }));
    }
  });
}

// An engine that was started anew has no files: it gets those of the classes that are being made.
effect(() => {
  if (engine.value.kind !== 'ready') return;
  const { started } = engine.value.about;
  untracked(() => {
    let again = 0;
    for (const { key, name, pictures } of newClasses.value) {
      const lost = pictures.filter(({ sentTo }) => sentTo !== started);
      if (lost.length === 0) continue;
      again += lost.length;
      const target = { name, key };
      waiting.push(...lost.map(({ key, file }) => ({ key, file, target })));
      changeClass(key, (each) => ({
        ...each,
        pictures: each.pictures.filter(({ sentTo }) => sentTo === started),
      }));
    }
    if (again > 0) begin(again);
  });
});
