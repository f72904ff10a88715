import { expect, test } from 'vitest';

import { VERSION } from '../../../src/base/version.ts';
import { startGrpc, type GrpcAddress } from '../../../src/serve/grpc/start.ts';
import { classes } from '../support/colours.ts';
import { failed, grpcServer } from '../support/grpc.ts';
import { messagesOfProto, methodPaths } from '../support/grpc-client.ts';

const rpc = grpcServer();

test('the .proto has the names, numbers and types of the specification', () => {
  // Of open_inference_grpc.proto; a map is a list of entries on the wire, which protobufjs calls by the field.
  const specification = `
    ServerLiveRequest:
    ServerLiveResponse: 1 bool live
    ServerReadyRequest:
    ServerReadyResponse: 1 bool ready
    ModelReadyRequest: 1 string name, 2 string version
    ModelReadyResponse: 1 bool ready
    ServerMetadataRequest:
    ServerMetadataResponse: 1 string name, 2 string version, 3 repeated string extensions
    ModelMetadataRequest: 1 string name, 2 string version
    ModelMetadataResponse: 1 string name, 2 repeated string versions, 3 string platform, 4 repeated TensorMetadata inputs, 5 repeated TensorMetadata outputs, 6 repeated Properties properties
    ModelMetadataResponse.TensorMetadata: 1 string name, 2 string datatype, 3 repeated int64 shape
    ModelMetadataResponse.Properties: 1 string key, 2 string value
    ModelInferRequest: 1 string model_name, 2 string model_version, 3 string id, 4 repeated Parameters parameters, 5 repeated InferInputTensor inputs, 6 repeated InferRequestedOutputTensor outputs, 7 repeated bytes raw_input_contents
    ModelInferRequest.InferInputTensor: 1 string name, 2 string datatype, 3 repeated int64 shape, 4 repeated Parameters parameters, 5 InferTensorContents contents
    ModelInferRequest.InferInputTensor.Parameters: 1 string key, 2 InferParameter value
    ModelInferRequest.InferRequestedOutputTensor: 1 string name, 2 repeated Parameters parameters
    ModelInferRequest.InferRequestedOutputTensor.Parameters: 1 string key, 2 InferParameter value
    ModelInferRequest.Parameters: 1 string key, 2 InferParameter value
    ModelInferResponse: 1 string model_name, 2 string model_version, 3 string id, 4 repeated Parameters parameters, 5 repeated InferOutputTensor outputs, 6 repeated bytes raw_output_contents
    ModelInferResponse.InferOutputTensor: 1 string name, 2 string datatype, 3 repeated int64 shape, 4 repeated Parameters parameters, 5 InferTensorContents contents
    ModelInferResponse.InferOutputTensor.Parameters: 1 string key, 2 InferParameter value
    ModelInferResponse.Parameters: 1 string key, 2 InferParameter value
    InferParameter: 1 bool bool_param, 2 int64 int64_param, 3 string string_param, 4 double double_param, 5 uint64 uint64_param
    InferTensorContents: 1 repeated bool bool_contents, 2 repeated int32 int_contents, 3 repeated int64 int64_contents, 4 repeated uint32 uint_contents, 5 repeated uint64 uint64_contents, 6 repeated float fp32_contents, 7 repeated double fp64_contents, 8 repeated bytes bytes_contents`;
  const lines = specification
    .trim()
    .split('\n')
    .map((line) => line.trim());
  expect(messagesOfProto().sort()).toEqual(lines.sort());
  expect(methodPaths().sort()).toEqual(
    ['ModelInfer', 'ModelMetadata', 'ModelReady', 'ServerLive', 'ServerMetadata', 'ServerReady'].map(
      (method) => `/inference.GRPCInferenceService/${method}`,
    ),
  );
});

test('ServerLive and ServerReady', async () => {
  expect(await rpc.client.call('ServerLive')).toEqual({ live: true });
  expect(await rpc.client.call('ServerReady')).toEqual({ ready: true });
});

test('ServerMetadata', async () => {
  expect(await rpc.client.call('ServerMetadata')).toEqual({
    name: 'cardinal',
    version: VERSION,
    extensions: ['binary_tensor_data', 'classification'],
  });
});

test('ModelReady, by name and version', async () => {
  expect(await rpc.client.call('ModelReady', { name: 'colours' })).toEqual({ ready: true });
  expect(await rpc.client.call('ModelReady', { name: 'colours', version: '1' })).toEqual({ ready: true });
  for (const request of [{ name: 'shapes' }, { name: 'colours', version: '2' }, {}]) {
    expect(await rpc.client.failure('ModelReady', request)).toEqual(failed('NOT_FOUND', /no/));
  }
});

test('ModelMetadata', async () => {
  const answer = (await rpc.client.call('ModelMetadata', { name: 'colours' })) as {
    properties: { classes: string };
  };
  expect(answer).toMatchObject({
    name: 'colours',
    versions: ['1'],
    platform: 'cardinal_safetensors',
    inputs: [
      { name: 'image', datatype: 'BYTES', shape: [-1] },
      { name: 'input', datatype: 'FP32', shape: [-1, 3, 4, 4] },
    ],
    outputs: [
      { name: 'logits', datatype: 'FP32', shape: [-1, 3] },
      { name: 'probabilities', datatype: 'FP32', shape: [-1, 3] },
      { name: 'classes', datatype: 'BYTES', shape: [-1] },
    ],
  });
  expect(JSON.parse(answer.properties.classes)).toEqual(classes);
  expect(await rpc.client.failure('ModelMetadata', { name: 'shapes' })).toEqual(failed('NOT_FOUND', /no/));
});

test.each<[object, RegExp]>([
  [{}, /port/],
  [{ port: '8081' }, /expected port to be a port, from 0 to 65535/],
  [{ port: 70_000 }, /from 0 to 65535/],
  [{ port: 0, hostname: 'here' }, /unknown option hostname/],
])('options that are none: %j', async (options, message) => {
  await expect(startGrpc(rpc.server, options as GrpcAddress)).rejects.toThrow(message);
});

test('a port that is taken is an error of one line', async () => {
  await expect(startGrpc(rpc.server, { port: rpc.grpc.port })).rejects.toThrow(
    /^gRPC cannot listen on 127\.0\.0\.1:\d+: [^\n]+$/,
  );
});
