import { Validator } from '@seriousme/openapi-schema-validator';
import fastify, { type FastifyInstance, type LightMyRequestResponse } from 'fastify';
import type { AddressInfo } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { contextOf, createServer, parts } from '../../src/serve/create-server.ts';
import { operations } from '../../src/serve/openapi/document.ts';
import { tinyPicture } from '../../src/serve/openapi/examples.ts';
import type { Content, Operation } from '../../src/serve/openapi/operation.ts';
import { mount } from '../../src/serve/mount.ts';
import type { Classifier } from '../../src/use/classifier.ts';
import { colourClassifier } from './support/colours.ts';

let classifier: Classifier;
let server: FastifyInstance;
beforeAll(async () => {
  classifier = await colourClassifier();
  server = await createServer({ models: { colours: classifier } });
});
afterAll(async () => {
  await server.close();
  await classifier.dispose();
});

type Document = Readonly<Record<string, unknown>> & {
  readonly paths: Readonly<Record<string, Readonly<Record<'get' | 'post', Described>>>>;
};
interface Described {
  readonly parameters: readonly Parameter[];
  readonly security?: unknown;
}
interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly example?: string;
  readonly schema: object;
}

const documentOf = async (of: FastifyInstance): Promise<Document> =>
  (await of.inject('/openapi.json')).json<Document>();

/** What a value is by a schema of an operation; undefined if it is none of it, or has more. */
function isOf({ schema }: Content, value: unknown): boolean {
  if (!(schema instanceof z.ZodMiniType)) return true;
  const { success, data } = z.safeParse(schema, value);
  return success && isDeepStrictEqual(data, value);
}

test('the description is OpenAPI 3.1, with and without a key', async () => {
  const locked = await createServer({ models: { colours: classifier }, key: 'secret' });
  for (const each of [server, locked]) {
    const { valid, errors } = await new Validator().validate(await documentOf(each));
    expect(errors).toBeUndefined();
    expect(valid).toBe(true);
  }
  const { paths } = await documentOf(locked);
  expect(paths['/v2/health/live'].get.security).toEqual([]);
  expect(paths['/classify'].post.security).toBeUndefined();
  // What is served is the business of who has the key.
  expect(JSON.stringify(await documentOf(locked))).not.toContain('colours');
  await locked.close();
});

test('it has every route of the server, and no other', async () => {
  const routes = new Set<string>();
  const app = fastify();
  app.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat().filter((one) => one !== 'HEAD')) {
      const path = url.length > 1 ? url.replace(/\/$/, '') : url;
      routes.add(`${one.toLowerCase()} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);
    }
  });
  for (const part of parts) await app.register(async (scope) => part(scope, contextOf(server)));
  await app.ready();
  for (const beside of ['get /page.css', 'get /page.js']) expect(routes.delete(beside)).toBe(true);
  const described = operations.map(({ method, path }) => `${method} ${path}`);
  expect([...routes].sort()).toEqual(described.sort());
  const { paths } = await documentOf(server);
  const written = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  );
  expect(written.sort()).toEqual(described);
});

test('parameters are those of the schemas that validate them', async () => {
  const { paths } = await documentOf(server);
  expect(paths['/classify'].post.parameters).toContainEqual({
    name: 'topK',
    in: 'query',
    required: false,
    description: 'Classes to name, most likely first; all of them if there are fewer.',
    schema: { type: 'number', multipleOf: 1, minimum: 1, maximum: 100_000, default: 5 },
  });
});

describe.each(operations.map((operation) => [`${operation.method} ${operation.path}`, operation] as const))(
  '%s',
  (_, operation) => {
    test('its examples are what its schemas say', () => {
      const contents = [operation.body, ...Object.values(operation.answers).map(({ content }) => content)];
      for (const content of contents.flatMap((content) => Object.values(content ?? {}))) {
        if (content.example !== undefined)
          expect(isOf(content, content.example), JSON.stringify(content.example)).toBe(true);
      }
    });

    test('the server answers its example as it says', async () => {
      const { statusCode, headers, body } = await replay(operation);
      expect(statusCode, body).toBe(200);
      const [type] = String(headers['content-type']).split(';');
      const content = operation.answers[200].content?.[type];
      expect(content, type).toBeDefined();
      if (content !== undefined && type === 'application/json') {
        expect(isOf(content, JSON.parse(body)), body).toBe(true);
      }
      for (const { name } of operation.answers[200].headers ?? []) {
        if (name.startsWith('x-')) expect(headers).toHaveProperty(name);
      }
    });
  },
);

/** Sends what the description has as an example. */
async function replay({ method, path, body }: Operation): Promise<LightMyRequestResponse> {
  const { paths } = await documentOf(server);
  const url = paths[path][method].parameters
    .filter((parameter) => parameter.in === 'path')
    .reduce((address, { name, example }) => address.replace(`{${name}}`, String(example)), path);
  if (body === undefined) return server.inject({ method, url });
  const json = (body as Partial<typeof body>)['application/json']?.example;
  const [type, payload] =
    json === undefined
      ? ['image/png', Buffer.from(tinyPicture, 'base64')]
      : ['application/json', JSON.stringify(json)];
  return server.inject({ method, url, payload, headers: { 'content-type': type } });
}

describe('GET /docs', () => {
  test('shows every route on a page that loads nothing foreign and runs nothing', async () => {
    const { body, headers } = await server.inject('/docs');
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    for (const { method, path } of operations) expect(body).toContain(`${method.toUpperCase()} ${path}`);
    expect(body).toContain('curl -F image=@cat.jpg &#39;localhost:8080/classify?topK=2&#39;');
    expect(body).toContain('&#34;predictions&#34;: [\n');
    expect(body).not.toContain('u000a');
    expect(body).not.toMatch(/<script|https?:|<style| style=/);
  });
});

test('below the path of another program, the page is found with what lies beside it', async () => {
  const host = fastify();
  await host.register(mount, {
    prefix: '/vision',
    server: await createServer({ models: { colours: classifier } }),
  });
  const { statusCode, headers } = await host.inject('/vision');
  expect([statusCode, headers.location]).toEqual([308, '/vision/']);
  await host.listen({ port: 0 });
  const { port } = host.server.address() as AddressInfo;
  const page = await fetch(`http://127.0.0.1:${port}/vision`);
  const [, script] = /src="([^"]*)"/.exec(await page.text()) ?? [];
  const found = await fetch(new URL(script, page.url));
  expect(found.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
  await host.close();
});
