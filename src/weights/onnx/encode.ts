import { joinedBytes } from '../../base/joined-bytes.ts';
import { create, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import {
  elementCodes,
  elementTypeOf,
  type OnnxAttribute,
  type OnnxModel,
  type OnnxNode,
  type OnnxPort,
  type OnnxTensor,
} from './model.ts';
import { GraphProtoSchema, ModelProtoSchema, TensorProtoSchema } from './onnx_pb.ts';

/** IR 8 and opset 17, of ONNX 1.12 (2022): old enough for every runtime in use, and all that the operators need. */
const irVersion = 8n;
const opsetVersion = 17n;

/** `AttributeProto.AttributeType` of onnx.proto. */
const attributeTypes = { float: 1, int: 2, text: 3, ints: 7 } as const;

/**
 * The file's bytes. The weights are copied once, from where they are to their place: the messages around them are encoded
 * without them, and their lengths added up, because protobuf writes the length of a message before it.
 */
export function encodeModel(model: OnnxModel): Uint8Array<ArrayBuffer> {
  const graph = [graphWithoutTensors(model), ...model.initializers.flatMap(tensorParts)];
  return joinedBytes([...modelWithoutGraph(model), ...prefixed(ModelProtoSchema.field.graph.number, graph)]);
}

function modelWithoutGraph({ producerVersion, metadata }: OnnxModel): Uint8Array[] {
  const message = create(ModelProtoSchema, {
    irVersion,
    producerName: 'cardinal',
    ...(producerVersion === undefined ? {} : { producerVersion }),
    opsetImport: [{ domain: '', version: opsetVersion }],
    metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
  });
  return [toBinary(ModelProtoSchema, message)];
}

function graphWithoutTensors({ name, nodes, inputs, outputs }: OnnxModel): Uint8Array {
  const message = create(GraphProtoSchema, {
    name,
    node: nodes.map(nodeOf),
    input: inputs.map(portOf),
    output: outputs.map(portOf),
  });
  return toBinary(GraphProtoSchema, message);
}

function nodeOf({ name, op, inputs, output, attributes }: OnnxNode) {
  return {
    name,
    opType: op,
    input: [...inputs],
    output: [output],
    attribute: Object.entries(attributes).map(([key, value]) => ({ name: key, ...attributeOf(value) })),
  };
}

function attributeOf(value: OnnxAttribute) {
  if ('int' in value) return { type: attributeTypes.int, i: BigInt(value.int) };
  if ('ints' in value) return { type: attributeTypes.ints, ints: value.ints.map(BigInt) };
  if ('text' in value) return { type: attributeTypes.text, s: new TextEncoder().encode(value.text) };
  return { type: attributeTypes.float, f: value.float };
}

function portOf({ name, type, dims, description }: OnnxPort) {
  const dim = dims.map((size) =>
    typeof size === 'number'
      ? { value: { case: 'dimValue' as const, value: BigInt(size) } }
      : { value: { case: 'dimParam' as const, value: size } },
  );
  const tensor = { elemType: elementCodes[type], shape: { dim } };
  return { name, docString: description, type: { value: { case: 'tensorType' as const, value: tensor } } };
}

/** An initializer of a graph. Elements are little-endian in memory on every machine that JavaScript engines support. */
function tensorParts({ name, dims, data }: OnnxTensor): Uint8Array[] {
  const dataType = elementCodes[elementTypeOf(data)];
  const message = create(TensorProtoSchema, { name, dims: dims.map(BigInt), dataType });
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return prefixed(GraphProtoSchema.field.initializer.number, [
    toBinary(TensorProtoSchema, message),
    ...prefixed(TensorProtoSchema.field.rawData.number, [raw]),
  ]);
}

/** A field of bytes or of a message that lies in parts: tag and length, then the parts themselves. */
function prefixed(field: number, parts: readonly Uint8Array[]): Uint8Array[] {
  const length = parts.reduce((total, part) => total + part.length, 0);
  return [new BinaryWriter().tag(field, WireType.LengthDelimited).uint32(length).finish(), ...parts];
}
