import type * as z from 'zod/mini';

/** A route as the description of the server has it. */
export interface Operation {
  readonly method: 'get' | 'post';
  /** As OpenAPI writes it: `/models/{name}`. */
  readonly path: string;
  readonly tag: Tag;
  readonly summary: string;
  /** Markdown. */
  readonly description?: string;
  /** The parameters of the path and of the query: what validates them. */
  readonly params?: ObjectSchema;
  readonly query?: ObjectSchema;
  readonly headers?: readonly Header[];
  /** The body by its content type. */
  readonly body?: Readonly<Record<string, Content>>;
  readonly answers: Readonly<Record<number, Answer>>;
  /** Statuses of errors. */
  readonly errors: readonly number[];
  /** Whether it answers without the key. */
  readonly isOpen?: boolean;
  /** A command that does it, after `curl`. */
  readonly curl: string;
}

export const tags = {
  pictures: 'Pictures in, answers out.',
  models: 'What is served.',
  protocol:
    'The Open Inference Protocol v2, as KServe, Triton, Seldon and OpenVINO speak it. Errors have its form, `{ "error": "…" }`.',
  operation: 'For who runs the server.',
} as const;
export type Tag = keyof typeof tags;

/** A `z.strictObject` or the like, whose keys are parameters. */
export type ObjectSchema = z.ZodMiniObject;

export interface Header {
  readonly name: string;
  readonly description: string;
  readonly example: string;
}

export interface Answer {
  readonly description: string;
  readonly content?: Readonly<Record<string, Content>>;
  readonly headers?: readonly Header[];
}

export interface Content {
  /** What validates it, or a JSON schema where nothing of zod's does. */
  readonly schema: z.ZodMiniType | JsonSchema;
  readonly example?: unknown;
}

export type JsonSchema = Readonly<Record<string, unknown>>;
