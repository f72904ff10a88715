import type { ServeContext } from '../context.ts';
import { timesOf } from '../http/model-call.ts';
import type { Call } from '../safety/calls.ts';
import type { ServedModel } from '../served-model.ts';
import { infer, type InferRequest, type OutputTensor } from './infer.ts';

/**
 * Answers a request for inference as a part of `call`: with its deadline, a place for each of its pictures, and the generation of the
 * model that was in service when it began. Throws what `infer` throws, a `ServeError` 404 without such a model, 429 without places.
 */
export function compute(
  context: ServeContext,
  call: Call,
  { name, version }: { readonly name: string; readonly version: string | undefined },
  request: InferRequest,
): Promise<{ readonly model: ServedModel; readonly outputs: readonly OutputTensor[] }> {
  const { models, limits } = context;
  return call.during((signal) =>
    models.use(
      name,
      async (model) => {
        call.notes.model = model.name;
        const outputs = await infer(model, request, {
          limits,
          signal,
          takePlaces: (pictures) => call.place?.add(pictures - 1),
          onTimes: timesOf(model, call, context),
        });
        return { model, outputs };
      },
      version,
    ),
  );
}
