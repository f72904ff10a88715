import * as z from 'zod/mini';

import type { JsonSchema } from './operation.ts';

/**
 * A zod schema as OpenAPI 3.1 has schemas, JSON Schema 2020-12: of what a client sends (`input`: what has a default may be left out), or
 * of what it gets. What JSON Schema cannot say is left open.
 */
export function jsonSchemaOf(schema: z.ZodMiniType | JsonSchema, io: 'input' | 'output'): JsonSchema {
  if (!isZod(schema)) return schema;
  const written = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  // The whole document says which it is.
  return Object.fromEntries(Object.entries(written).filter(([key]) => key !== '$schema'));
}

function isZod(schema: z.ZodMiniType | JsonSchema): schema is z.ZodMiniType {
  return '_zod' in schema;
}
