/** What a Content-Security-Policy refused, as the browser reports it. */
interface Violation {
  /** The directive that would have to allow it, be it absent: `worker-src`. */
  readonly effectiveDirective: string;
  /** The URL, or `wasm-eval`, `blob`, … */
  readonly blockedURI: string;
  /** Policies that only report refuse nothing. */
  readonly disposition: 'enforce' | 'report';
}

/** Reports come in tasks of their own, a little before or after the failure that they explain. */
const patienceMs = 200;

/** Listens to what the policy of this page or worker refuses, until it is closed. */
export class PolicyWatch {
  readonly #found: Violation[] = [];
  readonly #listener = (event: unknown): void => {
    this.#found.push(event as Violation);
  };

  constructor() {
    addEventListener('securitypolicyviolation', this.#listener);
  }

  /** What was refused that `directive` would have to allow. Waits a moment for it: for use after a failure. */
  async refused(directive: string): Promise<Violation | undefined> {
    const until = performance.now() + patienceMs;
    for (;;) {
      const found = this.#found.find(
        ({ effectiveDirective, disposition }) =>
          // `script-src-elem` is a part of `script-src`.
          disposition === 'enforce' && effectiveDirective.startsWith(directive),
      );
      if (found !== undefined || performance.now() > until) return found;
      await new Promise((resolve) => setTimeout(resolve, patienceMs / 10));
    }
  }

  close(): void {
    removeEventListener('securitypolicyviolation', this.#listener);
  }
}

/** What to do about a refusal, as the end of a message. */
export function allowBy(directive: string, source: string): string {
  return `the Content-Security-Policy refuses it: add ${source} to ${directive}`;
}

/** How a policy names where a URL leads. */
export function sourceOf(url: string): string {
  const { origin, protocol } = new URL(url);
  if (protocol === 'blob:' || protocol === 'data:') return protocol;
  return origin === globalThis.origin ? "'self'" : origin;
}
