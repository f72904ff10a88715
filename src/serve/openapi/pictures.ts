import * as http from '../http/schemas.ts';
import {
  explanationExample,
  featuresExample,
  modelExample,
  predictionsExample,
  severalExample,
} from './examples.ts';
import type { Content, Operation } from './operation.ts';

const file = { type: 'string', contentMediaType: 'application/octet-stream' };
const bytes: Content = { schema: { contentMediaType: 'image/*' } };

/** One picture as the body, or a form of at least one. */
function bodyOf(image: object): Readonly<Record<string, Content>> {
  const form = { type: 'object', required: ['image'], properties: { image }, additionalProperties: false };
  return { 'multipart/form-data': { schema: form }, 'image/*': bytes, 'application/octet-stream': bytes };
}

const one = bodyOf(file);
const several = bodyOf({ type: 'array', minItems: 1, items: file });

const pictureErrors = [400, 401, 404, 413, 415, 422, 429, 503, 504];
const words =
  'A picture is its bytes, as the body or as the field `image` of a form; what the bytes are is told by the bytes. No address in a request is ever fetched.';
const many =
  'Of several fields `image` the answer is a list in their order, with an error in the place of each that cannot be read.';

/** Routes that say the model in the query, and again below its name. */
function both({ path, curl, query, ...operation }: Operation): readonly Operation[] {
  return [
    { ...operation, path, curl, ...(query && { query }) },
    {
      ...operation,
      path: `/models/{name}${path}`,
      summary: `${operation.summary} By the model's name in the address.`,
      curl: curl.replace(path, `/models/{name}${path}`),
      params: http.modelParams,
      ...(query && { query }),
    },
  ];
}

export const pictureOperations: readonly Operation[] = [
  ...both({
    ...{
      method: 'post',
      path: '/classify',
      tag: 'pictures',
      errors: pictureErrors,
      query: http.classifyQuery,
    },
    summary: 'The most likely classes of a picture.',
    description: `${words} ${many}`,
    body: several,
    answers: {
      200: {
        description: 'The classes, most likely first.',
        content: { 'application/json': { schema: http.classifyAnswer, example: predictionsExample } },
      },
    },
    curl: '-F image=@cat.jpg {server}/classify?topK=2',
  }),
  ...both({
    ...{ method: 'post', path: '/explain', tag: 'pictures', errors: pictureErrors, query: http.explainQuery },
    summary: 'Where in a picture the network sees a class: Grad-CAM.',
    description: `${words} With \`accept: application/json\` the answer is the map in numbers.`,
    body: one,
    answers: {
      200: {
        description: 'The map over the picture.',
        content: {
          'image/png': { schema: { contentMediaType: 'image/png' } },
          'application/json': { schema: http.explainAnswer, example: explanationExample },
        },
        headers: [
          { name: 'x-class-label', description: 'The number of the class.', example: '9' },
          { name: 'x-class-probability', description: 'Its probability.', example: '0.9731' },
        ],
      },
    },
    curl: '-F image=@cat.jpg {server}/explain -o seen.png',
  }),
  ...both({
    ...{
      method: 'post',
      path: '/features',
      tag: 'pictures',
      errors: pictureErrors,
      query: http.featuresQuery,
    },
    summary: 'The embedding of a picture.',
    description: `The numbers that the network's last layer makes its classes of: pictures that are alike have ones that are near. ${words} ${many}`,
    body: several,
    answers: {
      200: {
        description: 'The embedding.',
        content: { 'application/json': { schema: http.featuresAnswer, example: featuresExample } },
      },
    },
    curl: '-F image=@cat.jpg {server}/features',
  }),
  {
    ...{ method: 'get', path: '/models', tag: 'models', errors: [401, 503] },
    summary: 'What is served, the default first.',
    answers: {
      200: {
        description: 'The models.',
        content: { 'application/json': { schema: http.modelsAnswer, example: { models: [modelExample] } } },
      },
    },
    curl: '{server}/models',
  },
  {
    ...{
      method: 'get',
      path: '/models/{name}',
      tag: 'models',
      errors: [401, 404, 503],
      params: http.modelParams,
    },
    summary: 'A model, with the names of its classes and how its pictures are prepared.',
    answers: {
      200: {
        description: 'The model.',
        content: {
          'application/json': {
            schema: http.modelAnswer,
            example: {
              ...{ ...modelExample, classes: 2, classNames: ['ankle boot', 'sneaker'] },
              preprocessing: { channels: 3, size: [32, 32], mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
            },
          },
        },
      },
    },
    curl: '{server}/models/{name}',
  },
];

/** What fails has this form, but below `/v2`. */
export const errorContent: Content = {
  schema: http.errorAnswer,
  example: severalExample.results[1],
};
