/** Numbers with a shape, as state dicts and files hold them; always in PyTorch's (contiguous) order. */
export type TensorData =
  | { readonly dtype: 'F32'; readonly shape: readonly number[]; readonly data: Float32Array }
  | { readonly dtype: 'I64'; readonly shape: readonly number[]; readonly data: BigInt64Array };

/** Tensors by PyTorch's names, in the order in which PyTorch lists them. */
export type StateDict = Map<string, TensorData>;

export function f32(shape: readonly number[], data: Float32Array): TensorData {
  return { dtype: 'F32', shape, data };
}
