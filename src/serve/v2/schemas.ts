import * as z from 'zod/mini';

/** Names and values that go with a request or a tensor. Those that nobody knows are passed over. */
const parameters = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));

/** Elements of a tensor, nested or flat. What is in it is checked with the shape: there may be millions. */
const tensorData = z.custom<readonly unknown[]>(Array.isArray, { error: 'expected a list' });

const requestInput = z.object({
  name: z.string(),
  shape: z.array(z.int().check(z.nonnegative())).check(z.maxLength(16)),
  datatype: z.string(),
  parameters: z.optional(z.looseObject({ binary_data_size: z.optional(z.int().check(z.nonnegative())) })),
  data: z.optional(tensorData),
});

const requestOutput = z.object({
  name: z.string(),
  parameters: z.optional(
    z.looseObject({
      binary_data: z.optional(z.boolean()),
      classification: z.optional(z.int().check(z.positive())),
    }),
  ),
});

/** `$inference_request` of the protocol, with the parameters of the extensions for binary data and classification. */
export const inferRequestSchema = z.object({
  id: z.optional(z.string()),
  parameters: z.optional(z.looseObject({ binary_data_output: z.optional(z.boolean()) })),
  inputs: z.array(requestInput).check(z.maxLength(16)),
  outputs: z.optional(z.array(requestOutput).check(z.maxLength(16))),
});
export type InferRequestJson = z.infer<typeof inferRequestSchema>;

const metadataTensor = z.object({ name: z.string(), datatype: z.string(), shape: z.array(z.int()) });

/** `$metadata_server_response`. */
export const serverMetadataSchema = z.object({
  name: z.string(),
  version: z.string(),
  extensions: z.array(z.string()),
});
export type ServerMetadata = z.infer<typeof serverMetadataSchema>;

/** `$metadata_model_response`. */
export const modelMetadataSchema = z.object({
  name: z.string(),
  versions: z.array(z.string()),
  platform: z.string(),
  inputs: z.array(metadataTensor),
  outputs: z.array(metadataTensor),
  properties: z.record(z.string(), z.string()),
});
export type ModelMetadata = z.infer<typeof modelMetadataSchema>;

/** `$inference_response`. */
export const inferResponseSchema = z.object({
  model_name: z.string(),
  model_version: z.string(),
  id: z.optional(z.string()),
  outputs: z.array(
    z.object({
      name: z.string(),
      shape: z.array(z.int()),
      datatype: z.string(),
      parameters: z.optional(parameters),
      data: z.optional(z.array(z.union([z.number(), z.string()]))),
    }),
  ),
});
export type InferResponseJson = z.infer<typeof inferResponseSchema>;

/** What every failed request is answered with. */
export const errorSchema = z.object({ error: z.string() });
