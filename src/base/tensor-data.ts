import { sizeOf } from './shape.ts';

/** A tensor as state dicts and files hold it: numbers and their shape, always in PyTorch's (contiguous) order. */
export type TensorData =
  | { readonly dtype: 'F32'; readonly shape: readonly number[]; readonly data: Float32Array }
  | { readonly dtype: 'I64'; readonly shape: readonly number[]; readonly data: BigInt64Array };

/** Whether it is a tensor with as many numbers as its shape requires; one made by hand may be anything. */
export function isTensor(value: unknown): value is TensorData {
  const { dtype, shape, data }: Partial<Record<string, unknown>> = { ...(value as object | undefined) };
  const tag = dtype === 'F32' ? 'Float32Array' : dtype === 'I64' ? 'BigInt64Array' : undefined;
  return (
    isShape(shape) &&
    ArrayBuffer.isView(data) &&
    Object.prototype.toString.call(data) === `[object ${tag}]` &&
    'length' in data &&
    data.length === sizeOf(shape)
  );
}

/** Whether it is a list of sizes, 0 among them. */
export function isShape(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && Number(size) >= 0);
}

/** Tensors by PyTorch's names, in the order in which PyTorch lists them. */
export type StateDict = Map<string, TensorData>;

export function f32(shape: readonly number[], data: Float32Array): TensorData {
  return { dtype: 'F32', shape, data };
}
