import type { Moved } from './port.ts';

/**
 * What one side may ask of the other: an interface with a `Call` for each name. Both sides name the same one, and the compiler checks
 * names, arguments, results and callbacks against it.
 *
 *     interface Training {
 *       train: Call<[settings: Settings], Outcome, { event(event: TrainEvent): void }>;
 *       stop: Call;
 *     }
 */
export type Service<S> = { readonly [K in keyof S]: Call<readonly unknown[], unknown> };

/** A request: its arguments, its result, and the caller's callbacks. All of them are copied as structured clones. */
export interface Call<
  Args extends readonly unknown[] = [],
  Result = void,
  Callbacks extends object = object,
> {
  readonly args: Args;
  readonly result: Result;
  readonly callbacks: Callbacks;
}

type Answer<T> = T | Moved<T> | Promise<T | Moved<T>>;

type ParametersOf<F> = F extends (...args: infer Args) => unknown ? Args : never;
type ReturnOf<F> = F extends (...args: never) => infer Result ? Awaited<Result> : never;

/** What one side does for the other. A handler begins when its message comes: in the order of the calls. */
export type Handlers<S extends Service<S>> = {
  readonly [K in keyof S]: (
    args: S[K]['args'],
    context: CallContext<S[K]['callbacks']>,
  ) => Answer<S[K]['result']>;
};

/** What a handler knows of its call. */
export interface CallContext<Callbacks> {
  /** Aborted by the caller, with the caller's reason, or because the caller is gone. */
  readonly signal: AbortSignal;
  /** Calls a callback of the caller's and waits until it is done: what keeps the other side from being flooded. Rejects with what it threw. */
  readonly ask: <K extends keyof Callbacks & string>(
    name: K,
    ...args: ParametersOf<Callbacks[K]>
  ) => Promise<ReturnOf<Callbacks[K]>>;
  /** Calls one and does not wait: for progress. If it throws, the call is aborted and rejects with that. */
  readonly tell: <K extends keyof Callbacks & string>(name: K, ...args: ParametersOf<Callbacks[K]>) => void;
}

/** The caller's callbacks: those that are left out do nothing when they are told, and are an error when they are asked. */
export type CallbacksOf<Callbacks> = {
  readonly [K in keyof Callbacks]?:
    ((...args: ParametersOf<Callbacks[K]>) => Answer<ReturnOf<Callbacks[K]>>) | undefined;
};

export interface CallOptions<Callbacks> {
  /** Aborts the handler's signal. The call still rejects, with this signal's own reason, or resolves, only when the handler has ended. */
  readonly signal?: AbortSignal | undefined;
  readonly on?: CallbacksOf<Callbacks> | undefined;
  /** Memory of the arguments that is handed over instead of being copied. */
  readonly transfer?: readonly object[] | undefined;
}

/** The other side. */
export interface Channel<S extends Service<S>> {
  /**
   * Asks for something and gives what came of it. Errors are of the class that they had there; those that came from the caller (the
   * reason of its signal, what its callbacks threw) are the very same.
   */
  call<K extends keyof S & string>(
    name: K,
    args: S[K]['args'],
    options?: CallOptions<S[K]['callbacks']>,
  ): Promise<S[K]['result']>;
  /** Why nothing can be asked any more: the other side is gone, or not needed. */
  readonly ended: Error | undefined;
  /** Rejects what waits and whatever will be asked: the other side is gone, or not needed any more. */
  end(error: Error): void;
}
