import type { Crossing } from './crossing.ts';

/** Of the caller. `id` is a number of the call's, `callback` one of the question's within it; told callbacks have none. */
export type CallerMessage =
  | {
      readonly channel: 'call';
      readonly id: number;
      readonly name: string;
      readonly args: readonly unknown[];
    }
  | { readonly channel: 'abort'; readonly id: number; readonly reason: Crossing }
  | { readonly channel: 'answer'; readonly id: number; readonly callback: number; readonly outcome: Outcome };

/** Of the one who is called. */
export type HandlerMessage =
  | { readonly channel: 'outcome'; readonly id: number; readonly outcome: Outcome }
  | {
      readonly channel: 'callback';
      readonly id: number;
      readonly callback: number | undefined;
      readonly name: string;
      readonly args: readonly unknown[];
    };

export type Outcome = { readonly value: unknown } | { readonly error: Crossing };

/** Others may talk on the same line: what is none of ours is left to them. */
export function isOurs(message: unknown): message is CallerMessage | HandlerMessage {
  if (typeof message !== 'object' || message === null) return false;
  const { channel, id }: { readonly channel?: unknown; readonly id?: unknown } = message;
  return typeof channel === 'string' && typeof id === 'number';
}
