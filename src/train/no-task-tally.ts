/** Stands for `task-tally.ts` in the engine of a page that trains, where each picture is of one class. */
function none(): undefined {
  return undefined;
}

export { none as flatScores, none as taskOf, none as taskTallyOf };

export function rankOf({ top1 }: { readonly top1: number }): number {
  return top1;
}

export function recordedEvent<T>(event: T): T {
  return event;
}
