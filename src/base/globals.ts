/**
 * Types of the platform that declarations of this library speak of, and that not every program knows: those of `lib: dom`, of
 * @types/node and of newer versions of `lib`. Where they are known, these add nothing to them.
 */
declare global {
  interface AbortSignal {
    readonly aborted: boolean;
    throwIfAborted(): void;
  }

  interface URL {
    toString(): string;
  }

  interface Headers {
    get(name: string): string | null;
  }

  interface Response {
    readonly status: number;
  }

  interface SymbolConstructor {
    readonly asyncDispose: unique symbol;
  }

  // eslint-disable-next-line @typescript-eslint/no-namespace -- the platform's own
  namespace WebAssembly {
    // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- as lib.dom declares it
    interface Module {}

    // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- likewise
    interface Instance {}

    interface Memory {
      grow(delta: number): number;
    }
  }
}

export {};
