import * as z from 'zod/mini';

/**
 * What the routes take and give. Requests are validated by these, and the description of the server (OpenAPI) is made of them, with what
 * `z.describe` says.
 */

const name = z.string().check(z.minLength(1), z.maxLength(300));
const whole = z.coerce.number().check(z.multipleOf(1));

const ofModel = {
  model: z.optional(name.check(z.describe('Which model. Default: the first one.'))),
  version: z.optional(name.check(z.describe('The version that must be in service; 404 if another is.'))),
};

export const defaultTopK = 5;

export const classifyQuery = z.strictObject({
  ...ofModel,
  topK: z._default(
    whole.check(
      z.gte(1),
      z.lte(100_000),
      z.describe('Classes to name, most likely first; all of them if there are fewer.'),
    ),
    defaultTopK,
  ),
});

export const featuresQuery = z.strictObject(ofModel);

export const explainQuery = z.strictObject({
  ...ofModel,
  class: z.optional(name.check(z.describe('A class by its name or number. Default: the most likely one.'))),
});

/** Of routes below a model's name. */
export const modelParams = z.strictObject({ name: name.check(z.describe('The name of a model.')) });

export const prediction = z.strictObject({
  class: z.string(),
  label: z.int().check(z.nonnegative(), z.describe("The class's number.")),
  probability: z.number().check(z.gte(0), z.lte(1)),
});

/** Which model answered. */
const byModel = { model: z.string(), version: z.string() };

export const errorAnswer = z.strictObject({
  error: z.strictObject({
    code: z.string().check(z.describe('For programs.')),
    message: z.string().check(z.describe('For people, in one line.')),
  }),
});

const predictions = { predictions: z.array(prediction) };
const features = { features: z.array(z.number()) };

/** Of one picture, and of several: in their order, with an error for each that cannot be read. */
export const classifyAnswer = z.union([
  z.strictObject({ ...predictions, ...byModel }),
  z.strictObject({ results: z.array(z.union([z.strictObject(predictions), errorAnswer])), ...byModel }),
]);

export const featuresAnswer = z.union([
  z.strictObject({ ...features, ...byModel }),
  z.strictObject({ results: z.array(z.union([z.strictObject(features), errorAnswer])), ...byModel }),
]);

export const explainAnswer = z.strictObject({
  ...prediction.shape,
  width: z.int(),
  height: z.int(),
  map: z
    .array(z.number())
    .check(
      z.describe(
        'Rows of width numbers in [0, 1], one after the other: how much each place speaks for the class.',
      ),
    ),
  ...byModel,
});

/** A model as the list has it. */
export const modelSummary = z.strictObject({
  name: z.string(),
  version: z.string(),
  architecture: z.string(),
  input: z
    .tuple([z.int(), z.int(), z.int()])
    .check(z.describe('Of a prepared picture: channels, height, width.')),
  classes: z.int().check(z.describe('How many there are.')),
  digest: z.optional(z.string().check(z.describe('SHA-256 of the file of weights.'))),
});

export const modelsAnswer = z.strictObject({ models: z.array(modelSummary) });

/** A model by itself: with the names of its classes, and how its pictures are prepared. */
export const modelAnswer = z.strictObject({
  ...modelSummary.shape,
  classNames: z.array(z.string()),
  preprocessing: z.looseObject({}),
});
