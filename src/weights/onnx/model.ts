/** An ONNX model as plain data: what is exported, before it becomes protobuf. */
export interface OnnxModel {
  /** Name of the graph. */
  readonly name: string;
  readonly producerVersion: string | undefined;
  readonly nodes: readonly OnnxNode[];
  /** Weights and constants. */
  readonly initializers: readonly OnnxTensor[];
  readonly inputs: readonly OnnxPort[];
  readonly outputs: readonly OnnxPort[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** One operator of the default domain. An optional input that is left out is an empty name. */
export interface OnnxNode {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes: OnnxAttributes;
}

export type OnnxAttributes = Readonly<Record<string, OnnxAttribute>>;

export type OnnxAttribute =
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly float: number }
  | { readonly text: string };

export interface OnnxTensor {
  readonly name: string;
  readonly dims: readonly number[];
  readonly data: OnnxNumbers;
}

/** Elements in row-major order; the array's kind is the tensor's type. */
export type OnnxNumbers = Float32Array | Float64Array | Uint8Array | BigInt64Array;

/** An input or output of the graph. */
export interface OnnxPort {
  readonly name: string;
  readonly type: ElementType;
  /** A size, or the name of one that may be anything. */
  readonly dims: readonly (number | string)[];
  readonly description: string;
}

export type ElementType = 'float' | 'double' | 'uint8' | 'int64';

/** `TensorProto.DataType` of onnx.proto. */
export const elementCodes: Readonly<Record<ElementType, number>> = {
  float: 1,
  uint8: 2,
  int64: 7,
  double: 11,
};

export function elementTypeOf(data: OnnxNumbers): ElementType {
  if (data instanceof Float32Array) return 'float';
  if (data instanceof Float64Array) return 'double';
  return data instanceof Uint8Array ? 'uint8' : 'int64';
}
