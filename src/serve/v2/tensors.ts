import type { ServedModel } from '../served-model.ts';

/** Datatypes of the tensors that a model takes and gives; the protocol has more. */
export type Datatype = 'FP32' | 'BYTES';

/** What an input or output must look like. */
export interface TensorSpec {
  readonly name: string;
  readonly datatype: Datatype;
  /** -1 where any size will do. */
  readonly shape: readonly number[];
}

/** The inputs of a model; a request gives one of them. */
export function inputsOf({ about }: ServedModel): readonly [image: TensorSpec, input: TensorSpec] {
  return [
    { name: 'image', datatype: 'BYTES', shape: [-1] },
    { name: 'input', datatype: 'FP32', shape: [-1, ...about.input] },
  ];
}

/** The outputs of a model, in the order in which they are given where none is asked for. */
export function outputsOf({ about }: ServedModel): readonly TensorSpec[] {
  const classes = about.classes.length;
  return [
    { name: 'logits', datatype: 'FP32', shape: [-1, classes] },
    { name: 'probabilities', datatype: 'FP32', shape: [-1, classes] },
    { name: 'classes', datatype: 'BYTES', shape: [-1] },
  ];
}

/** Whether a tensor of this shape is what `spec` says. */
export function fits(shape: readonly number[], spec: TensorSpec): boolean {
  return (
    shape.length === spec.shape.length &&
    spec.shape.every((size, axis) => size === -1 || size === shape[axis])
  );
}
