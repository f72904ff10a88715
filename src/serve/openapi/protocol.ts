import * as z from 'zod/mini';

import * as v2 from '../v2/schemas.ts';
import { inferExample, inferredExample } from './examples.ts';
import type { Content, ObjectSchema, Operation } from './operation.ts';

const model = z.string().check(z.describe('The name of a model.'));
const version = z.string().check(z.describe('The version that must be in service; 404 if another is.'));
const ofModel = z.strictObject({ model });
const ofVersion = z.strictObject({ model, version });

const live: Content = { schema: z.object({ live: z.boolean() }), example: { live: true } };
const ready: Content = {
  schema: z.looseObject({ ready: z.boolean(), error: z.optional(z.string()) }),
  example: { live: true, ready: true },
};
const length = {
  name: 'inference-header-content-length',
  description:
    'Bytes of the JSON, where binary data of tensors follows it (the extension for binary tensors); 0 says that the body is one picture file.',
  example: '136',
};
const binary: Content = {
  schema: { description: 'The JSON, and behind it the binary data of tensors in their order.' },
};

/** Below `/models/{model}`, and again below one of its versions. */
function both(operation: Operation & { readonly params: ObjectSchema }): readonly Operation[] {
  const [before, address] = ['/models/{model}', '/models/{model}/versions/{version}'];
  return [
    operation,
    {
      ...operation,
      path: operation.path.replace(before, address),
      curl: operation.curl.replace(before, address),
      params: ofVersion,
    },
  ];
}

const readiness = {
  200: { description: 'It takes requests.', content: { 'application/json': ready } },
  503: {
    description: 'It starts, or shuts down.',
    content: {
      'application/json': { ...ready, example: { ready: false, error: 'the server does not take requests' } },
    },
  },
};

export const protocolOperations: readonly Operation[] = [
  {
    ...{ method: 'get', path: '/v2', tag: 'protocol', errors: [401, 503] },
    summary: 'What this server is, and which extensions of the protocol it has.',
    answers: {
      200: {
        description: 'The server.',
        content: {
          'application/json': {
            schema: v2.serverMetadataSchema,
            example: {
              name: 'cardinal',
              version: '1.0.0',
              extensions: ['binary_tensor_data', 'classification'],
            },
          },
        },
      },
    },
    curl: '{server}/v2',
  },
  {
    ...{ method: 'get', path: '/v2/health/live', tag: 'protocol', errors: [], isOpen: true },
    summary: 'Whether it answers at all.',
    answers: { 200: { description: 'It does.', content: { 'application/json': live } } },
    curl: '{server}/v2/health/live',
  },
  {
    ...{ method: 'get', path: '/v2/health/ready', tag: 'protocol', errors: [], isOpen: true },
    summary: 'Whether requests should be sent here.',
    answers: readiness,
    curl: '{server}/v2/health/ready',
  },
  ...both({
    ...{
      method: 'get',
      path: '/v2/models/{model}',
      tag: 'protocol',
      errors: [401, 404, 503],
      params: ofModel,
    },
    summary: 'The tensors that a model takes and gives, and what they mean.',
    answers: {
      200: {
        description: 'The model.',
        content: {
          'application/json': {
            schema: v2.modelMetadataSchema,
            example: {
              ...{ name: 'shoes', versions: ['3f1c0a9be2d4'], platform: 'cardinal_safetensors' },
              inputs: [{ name: 'image', datatype: 'BYTES', shape: [-1] }],
              outputs: [{ name: 'logits', datatype: 'FP32', shape: [-1, 10] }],
              properties: { architecture: 'resnext_cifar' },
            },
          },
        },
      },
    },
    curl: '{server}/v2/models/{model}',
  }),
  ...both({
    ...{ method: 'get', path: '/v2/models/{model}/ready', tag: 'protocol', errors: [404], params: ofModel },
    ...{ isOpen: true, summary: 'Whether a model takes requests.' },
    answers: readiness,
    curl: '{server}/v2/models/{model}/ready',
  }),
  ...both({
    ...{ method: 'post', path: '/v2/models/{model}/infer', tag: 'protocol', params: ofModel },
    summary: 'Classifies pictures, as BYTES, or tensors that are prepared, as FP32.',
    description:
      'Give one of the inputs: `image` (BYTES, picture files; base64 in JSON) or `input` (FP32, N×C×H×W). `outputs` names those that are wanted; default: all of them.',
    headers: [length],
    body: {
      'application/json': { schema: v2.inferRequestSchema, example: inferExample },
      'application/octet-stream': binary,
    },
    answers: {
      200: {
        description: 'The outputs.',
        content: {
          'application/json': { schema: v2.inferResponseSchema, example: inferredExample },
          'application/octet-stream': binary,
        },
        headers: [length],
      },
    },
    errors: [400, 401, 404, 413, 415, 422, 429, 503, 504],
    curl: "{server}/v2/models/{model}/infer -H 'content-type: application/json' -d @request.json",
  }),
];

/** What fails below `/v2` has this form. */
export const protocolErrorContent: Content = {
  schema: v2.errorSchema,
  example: { error: "there is no model 'boots': expected shoes" },
};
