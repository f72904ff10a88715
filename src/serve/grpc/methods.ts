import {
  create,
  toBinary,
  type DescMessage,
  type DescMethodUnary,
  type MessageInitShape,
  type MessageShape,
} from '@bufbuild/protobuf';

import type { RouteKind, ServeContext } from '../context.ts';
import type { Call } from '../safety/calls.ts';
import { compute } from '../v2/compute.ts';
import { metadataOf, serverMetadata } from '../v2/metadata.ts';
import { GRPCInferenceService } from './inference_pb.ts';
import { read, requestOf, responseOf } from './messages.ts';

/** A method of the service, from the bytes of a request to those of its response. */
export interface Method {
  readonly name: string;
  readonly path: string;
  /** As routes of HTTP have them; one that is open has no call. */
  readonly kind: RouteKind;
  /** Throws a `ServeError` for what is wrong with the request. */
  readonly answer: (bytes: Uint8Array, call: Call | undefined) => Promise<Uint8Array>;
}

export function methodsOf(context: ServeContext): readonly Method[] {
  const { models, life } = context;
  const {
    serverLive,
    serverReady,
    modelReady,
    serverMetadata: about,
    modelMetadata,
    modelInfer,
  } = GRPCInferenceService.method;
  return [
    methodOf(serverLive, 'open', () => ({ live: true })),
    methodOf(serverReady, 'open', () => ({ ready: life.ready })),
    methodOf(modelReady, 'open', ({ name, version }) => {
      models.find(name, given(version));
      return { ready: life.ready };
    }),
    methodOf(about, 'reads', () => serverMetadata),
    methodOf(modelMetadata, 'reads', ({ name, version }) => {
      const { inputs, outputs, ...rest } = metadataOf(models.find(name, given(version)));
      const tensors = (all: typeof inputs) => all.map((one) => ({ ...one, shape: one.shape.map(BigInt) }));
      return { ...rest, inputs: tensors(inputs), outputs: tensors(outputs) };
    }),
    methodOf(modelInfer, 'computes', async (request, call) => {
      const asked = { name: request.modelName, version: given(request.modelVersion) };
      if (call === undefined) throw new Error('a method that computes has a call');
      const { model, outputs } = await compute(context, call, asked, requestOf(request));
      return responseOf(model, request, outputs);
    }),
  ];
}

function methodOf<I extends DescMessage, O extends DescMessage>(
  method: DescMethodUnary<I, O>,
  kind: RouteKind,
  answer: (
    request: MessageShape<I>,
    call: Call | undefined,
  ) => MessageInitShape<O> | Promise<MessageInitShape<O>>,
): Method {
  return {
    name: method.name,
    path: `/${method.parent.typeName}/${method.name}`,
    kind,
    async answer(bytes, call) {
      const response = await answer(read(method.input, bytes), call);
      return toBinary(method.output, create(method.output, response));
    },
  };
}

/** Protobuf has no absent texts. */
function given(text: string): string | undefined {
  return text === '' ? undefined : text;
}
