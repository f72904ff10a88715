/** Lets a process end although this timer waits. Timers of Node keep it; those of other platforms have nothing of the kind. */
export function unrefTimer(timer: unknown): void {
  if (typeof timer === 'object' && timer !== null) (timer as { unref?(): unknown }).unref?.();
}
