import { ScalarType, type DescField, type DescMessage } from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

import { invalid } from '../v2/invalid.ts';
import { InferTensorContentsSchema } from './inference_pb.ts';

/** Fields that a message has at most, with those of the messages within it: one of two bytes becomes an object of two hundred. */
const mostFields = 100_000;

/**
 * Throws a `ServeError` 400 if reading a message would take many times the memory that its bytes take: if it has too many fields, or
 * elements of a datatype that no model takes, of which one byte becomes eight or more. Any other error: its bytes are damaged.
 */
export function requireModest(bytes: Uint8Array, schema: DescMessage): void {
  const reader = new BinaryReader(bytes);
  let fields = 0;
  const count = (more: number): void => {
    fields += more;
    if (fields <= mostFields) return;
    throw invalid(
      `the message has more than ${mostFields} fields: give the elements of tensors as raw_input_contents`,
    );
  };
  const walk = (message: DescMessage, end: number): void => {
    const known = new Map(message.fields.map((field) => [field.number, field]));
    while (reader.pos < end) {
      const [number, wire] = reader.tag();
      const field = known.get(number);
      if (message === InferTensorContentsSchema) requireOurs(field);
      // A float by itself takes five bytes.
      if (wire !== WireType.Bit32) count(1);
      const within = wire === WireType.LengthDelimited ? messageOf(field) : undefined;
      if (within !== undefined) walk(within, reader.uint32() + reader.pos);
      else if (wire === WireType.LengthDelimited && isPackedInteger(field)) {
        const length = reader.uint32();
        count(length);
        reader.pos += length;
      } else reader.skip(wire, number);
    }
  };
  walk(schema, bytes.length);
}

function messageOf(field: DescField | undefined): DescMessage | undefined {
  // An entry of a map is one object, whatever it has.
  return field?.fieldKind === 'map' ? undefined : field?.message;
}

function isPackedInteger(field: DescField | undefined): boolean {
  return field?.fieldKind === 'list' && field.packed && field.scalar !== ScalarType.FLOAT;
}

function requireOurs(field: DescField | undefined): void {
  const { fp32Contents, bytesContents } = InferTensorContentsSchema.field;
  if (field === fp32Contents || field === bytesContents) return;
  throw invalid(
    `contents: expected ${fp32Contents.name} for FP32 or ${bytesContents.name} for BYTES, got ${field?.name ?? 'an unknown field'}`,
  );
}
