/** `last` to continue training from, `best` to use. */
export type CheckpointKind = 'last' | 'best';

/** Where checkpoints go. The loop knows no files; the Node one is a run folder. */
export interface CheckpointStore {
  /** Keeps `bytes` in place of the last of its kind, whole or not at all; gives what a person can find it by. */
  save(kind: CheckpointKind, bytes: Uint8Array): Promise<string>;
}
