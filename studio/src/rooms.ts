import type { ComponentType } from 'preact';

export interface Room {
  /** In the address, behind `#/`. */
  readonly path: string;
  readonly title: string;
  /** What a visitor gets there, in a line. */
  readonly about: string;
  readonly load: () => Promise<ComponentType>;
}

/** The rooms in the order of their work. Each is a script of its own, loaded when it is entered. */
export const rooms: readonly Room[] = [
  {
    path: 'network',
    title: 'Network',
    about: 'Choose a network, see its blocks and what they cost.',
    load: async () => (await import('./network/room.tsx')).NetworkRoom,
  },
  {
    path: 'data',
    title: 'Data',
    about: 'Drop pictures, name classes, see what augmentation does.',
    load: async () => (await import('./data/room.tsx')).DataRoom,
  },
  {
    path: 'train',
    title: 'Train',
    about: 'Start, stop and compare runs.',
    load: async () => (await import('./train/room.tsx')).TrainRoom,
  },
  {
    path: 'judge',
    title: 'Judge',
    about: 'See where the classifier is wrong, and how sure it is.',
    load: async () => (await import('./judge/room.tsx')).JudgeRoom,
  },
  {
    path: 'inside',
    title: 'Look inside',
    about: 'See what each layer and each path does with a picture.',
    load: async () => (await import('./inside/room.tsx')).InsideRoom,
  },
  {
    path: 'paper',
    title: 'Paper',
    about: 'Play with the argument of the ResNeXt paper.',
    load: async () => (await import('./paper/room.tsx')).PaperRoom,
  },
  {
    path: 'use',
    title: 'Use',
    about: 'Take the classifier along: files, code, a page.',
    load: async () => (await import('./use/room.tsx')).UseRoom,
  },
];
