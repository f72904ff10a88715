import type { Backend } from '../../backends/backend.ts';
import { visible } from '../../base/quoted.ts';
import type { TrainingState } from '../../train/checkpoint.ts';
import type { TrainEvent } from '../../train/events.ts';
import type { LoadedWeights } from '../../weights/load.ts';
import type { OpenData } from '../../data/open-data.ts';
import type { RunConfig } from './config.ts';

/** What a run reports while it runs: the events of the training loop, and what happens around it. */
export type RunEvent =
  | TrainEvent
  /** Worth a line to whoever watches, and none in the report. */
  | { readonly type: 'notice'; readonly message: string }
  /** The weights to begin with are open; lines about them, such as which of several sets was taken. */
  | { readonly type: 'weights-opened'; readonly notes: readonly string[] }
  /** Which of them found their place. */
  | { readonly type: 'weights-loaded'; readonly loaded: LoadedWeights }
  /** A run begins; its folder is there. */
  | {
      readonly type: 'begun';
      readonly config: RunConfig;
      readonly data: OpenData;
      readonly backend: Backend;
    }
  /** A run goes on with these settings from where it was. */
  | {
      readonly type: 'continued';
      readonly path: string;
      readonly config: RunConfig;
      readonly data: OpenData;
      readonly training: TrainingState;
    }
  /** Training is over, and the best weights are evaluated. */
  | { readonly type: 'evaluating'; readonly on: 'test' | 'val'; readonly pictures: number }
  /** The report is written. */
  | { readonly type: 'reporting' };

/** Passes on a run's events, and keeps what its report repeats: warnings, and why it ended. */
export class RunLog {
  readonly notes: string[] = [];
  readonly #onEvent: (event: RunEvent) => unknown;

  constructor(onEvent: (event: RunEvent) => unknown) {
    this.#onEvent = onEvent;
  }

  async emit(event: RunEvent): Promise<void> {
    if (!('message' in event)) {
      await this.#onEvent(event);
      return;
    }
    // Names of strangers stand in it, and whoever listens prints it.
    const message = visible(event.message);
    if (event.type !== 'notice') this.notes.push(message);
    await this.#onEvent({ ...event, message });
  }

  async notice(message: string | undefined): Promise<void> {
    if (message !== undefined) await this.emit({ type: 'notice', message });
  }

  async warn(message: string | undefined): Promise<void> {
    if (message !== undefined) await this.emit({ type: 'warning', message });
  }
}
