import { STATUS_CODES } from 'node:http';

import { VERSION } from '../../base/version.ts';
import { jsonSchemaOf } from './json-schema.ts';
import {
  tags,
  type Content,
  type Header,
  type JsonSchema,
  type ObjectSchema,
  type Operation,
} from './operation.ts';
import { errorContent, pictureOperations } from './pictures.ts';
import { protocolErrorContent, protocolOperations } from './protocol.ts';
import { upkeepOperations } from './upkeep.ts';

/** What a description says of one server. */
export interface Described {
  readonly needsKey: boolean;
  /** A model to name in examples. */
  readonly model: string;
  readonly version: string;
}

/** All routes of a server. */
export const operations: readonly Operation[] = [
  ...pictureOperations,
  ...protocolOperations,
  ...upkeepOperations,
];

export interface OpenApi {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, JsonSchema>>>>;
  readonly [part: string]: unknown;
}

/** The description of a server: OpenAPI 3.1, made of the schemas that validate its requests. */
export function openApiOf(described: Described): OpenApi {
  const paths: Record<string, Record<string, JsonSchema>> = {};
  for (const operation of operations) {
    (paths[operation.path] ??= {})[operation.method] = operationObject(operation, described);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Cardinal',
      version: VERSION,
      summary: 'Classifies pictures.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    // Where this description lies: also behind a proxy that takes a part of the path away.
    servers: [{ url: '.' }],
    tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
    paths,
    ...(described.needsKey ? { security: [{ bearer: [] }, { key: [] }] } : {}),
    components: {
      schemas: {
        Error: jsonSchemaOf(errorContent.schema, 'output'),
        ProtocolError: jsonSchemaOf(protocolErrorContent.schema, 'output'),
      },
      ...(described.needsKey
        ? {
            securitySchemes: {
              bearer: { type: 'http', scheme: 'bearer' },
              key: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
            },
          }
        : {}),
    },
  };
}

/** The command that does an operation, for people. */
export function commandOf({ curl }: Operation, { model, version }: Described): string {
  const filled = curl
    .replaceAll('{server}', 'localhost:8080')
    .replaceAll(/\{(name|model)\}/g, model)
    .replaceAll('{version}', version);
  return `curl ${filled.replaceAll(/\S*\?\S*/g, (address) => `'${address}'`)}`;
}

function operationObject(operation: Operation, described: Described): JsonSchema {
  const { path, tag, summary, description, params, query, headers = [], body, isOpen = false } = operation;
  const examples = { name: described.model, model: described.model, version: described.version };
  return {
    tags: [tag],
    operationId: idOf(operation),
    summary,
    ...(description === undefined ? {} : { description }),
    ...(isOpen && described.needsKey ? { security: [] } : {}),
    parameters: [
      ...parametersOf(params, 'path', examples),
      ...parametersOf(query, 'query'),
      ...headers.map((header) => ({ ...headerObject(header), name: header.name, in: 'header' })),
    ],
    ...(body === undefined ? {} : { requestBody: { required: true, content: contentObject(body, 'input') } }),
    responses: { ...answersOf(operation), ...errorsOf(operation, path.startsWith('/v2')) },
    'x-codeSamples': [{ lang: 'Shell', source: commandOf(operation, described) }],
  };
}

/** `postModelsNameClassify`. */
function idOf({ method, path }: Operation): string {
  const words = path.match(/[A-Za-z0-9]+/g) ?? ['page'];
  return method + words.map((word) => word[0].toUpperCase() + word.slice(1)).join('');
}

function parametersOf(
  schema: ObjectSchema | undefined,
  place: 'path' | 'query',
  examples: Readonly<Record<string, string>> = {},
): JsonSchema[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = jsonSchemaOf(schema, 'input') as {
    readonly properties?: Readonly<Record<string, JsonSchema>>;
    readonly required?: readonly string[];
  };
  return Object.entries(properties).map(([name, { description, ...written }]) => ({
    ...{ name, in: place, required: place === 'path' || required.includes(name), schema: written },
    ...(description === undefined ? {} : { description }),
    ...(place === 'path' && Object.hasOwn(examples, name) ? { example: examples[name] } : {}),
  }));
}

function answersOf({ answers }: Operation): JsonSchema {
  return Object.fromEntries(
    Object.entries(answers).map(([status, { description, content, headers = [] }]) => [
      status,
      {
        description,
        ...(content === undefined ? {} : { content: contentObject(content, 'output') }),
        ...(headers.length === 0
          ? {}
          : { headers: Object.fromEntries(headers.map((header) => [header.name, headerObject(header)])) }),
      },
    ]),
  );
}

function headerObject({ description, example }: Header): JsonSchema {
  return { description, schema: { type: 'string' }, example };
}

const waitFor: Header = { name: 'retry-after', description: 'Seconds to wait.', example: '1' };

function errorsOf({ errors }: Operation, isProtocol: boolean): JsonSchema {
  const schema = { $ref: `#/components/schemas/${isProtocol ? 'ProtocolError' : 'Error'}` };
  return Object.fromEntries(
    errors.map((status) => [
      status,
      {
        description: STATUS_CODES[status] ?? 'Failed',
        content: { 'application/json': { schema } },
        ...(status === 429 || status === 503 ? { headers: { [waitFor.name]: headerObject(waitFor) } } : {}),
      },
    ]),
  );
}

function contentObject(content: Readonly<Record<string, Content>>, io: 'input' | 'output'): JsonSchema {
  return Object.fromEntries(
    Object.entries(content).map(([type, { schema, example }]) => [
      type,
      { schema: jsonSchemaOf(schema, io), ...(example === undefined ? {} : { example }) },
    ]),
  );
}
