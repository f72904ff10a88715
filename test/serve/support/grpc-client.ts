import { fileURLToPath } from 'node:url';
import {
  Client,
  credentials,
  Metadata,
  status,
  type CallOptions,
  type ServiceDefinition,
  type ServiceError,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

/** A client made from the .proto that is published, by protobufjs: not by what the server reads and writes messages with. */
const protoFile = fileURLToPath(new URL('../../../src/serve/grpc/inference.proto', import.meta.url));
const protocol = loadSync(protoFile, { keepCase: true, longs: Number });
const service = protocol['inference.GRPCInferenceService'] as ServiceDefinition;

export interface GrpcClient {
  /** The response, or the error, of a call. */
  readonly call: (method: string, request?: object, options?: GrpcCallOptions) => Promise<unknown>;
  /** The same of a request of any bytes. */
  readonly callWithBytes: (method: string, bytes: Buffer) => Promise<unknown>;
  /** The status that a call fails with: its code by name, its details, its metadata. */
  readonly failure: (
    method: string,
    request?: object | Buffer,
    options?: GrpcCallOptions,
  ) => Promise<{ code: string; details: string; metadata: Record<string, unknown> }>;
  readonly close: () => void;
}

export interface GrpcCallOptions extends CallOptions {
  readonly metadata?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** With a certificate over TLS. */
export function grpcClient(port: number, cert?: string): GrpcClient {
  const by = cert === undefined ? credentials.createInsecure() : credentials.createSsl(Buffer.from(cert));
  const client = new Client(`127.0.0.1:${port}`, by, {
    // Names alone may be asked for by TLS.
    ...(cert === undefined ? {} : { 'grpc.ssl_target_name_override': 'localhost' }),
    'grpc.max_send_message_length': -1,
  });
  const send = (
    method: string,
    request: object,
    { metadata = {}, signal, ...options }: GrpcCallOptions,
    serialize: (value: object) => Buffer,
  ): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const sent = new Metadata();
      for (const [key, value] of Object.entries(metadata)) sent.set(key, value);
      const { path, responseDeserialize } = service[method];
      const call = client.makeUnaryRequest(
        path,
        serialize,
        responseDeserialize,
        request,
        sent,
        options,
        (error, value) => {
          if (error === null) resolve(value);
          else reject(error);
        },
      );
      signal?.addEventListener('abort', () => {
        call.cancel();
      });
    });
  const asItIs = (bytes: object): Buffer => bytes as Buffer;
  return {
    call: (method, request = {}, options = {}) =>
      send(method, request, options, service[method].requestSerialize),
    callWithBytes: (method, bytes) => send(method, bytes, {}, asItIs),
    async failure(method, request = {}, options = {}) {
      const serialize = Buffer.isBuffer(request) ? asItIs : service[method].requestSerialize;
      const error = await send(method, request, options, serialize).then(
        (value) => {
          throw new Error(`expected a failure, got ${JSON.stringify(value)}`);
        },
        (error: unknown) => error as ServiceError,
      );
      return {
        code: status[error.code],
        details: error.details,
        metadata: error.metadata.getMap(),
      };
    },
    close: () => {
      client.close();
    },
  };
}

/** Every message of the .proto: `Outer.Inner: number type name, …`. */
export function messagesOfProto(): string[] {
  const all = new Map<string, string>();
  const add = ({ name, field, nestedType }: Descriptor, outer: string): void => {
    const fields = field.map(({ name, number, label, type, typeName }) => {
      const kind = type === 'TYPE_MESSAGE' ? typeName.split('.').at(-1) : type.slice(5).toLowerCase();
      return `${number} ${label === 'LABEL_REPEATED' ? 'repeated ' : ''}${kind} ${name}`;
    });
    all.set(outer + name, `${outer}${name}: ${fields.join(', ')}`.trim());
    for (const inner of nestedType) add(inner, `${outer}${name}.`);
  };
  for (const [name, definition] of Object.entries(protocol)) {
    // Inner ones are listed beside those that they are in.
    if ('type' in definition && name.split('.').length === 2) add(definition.type as Descriptor, '');
  }
  return [...all.values()];
}

export function methodPaths(): string[] {
  return Object.values(service).map(({ path }) => path);
}

/** google.protobuf.DescriptorProto, as proto-loader gives it. */
interface Descriptor {
  readonly name: string;
  readonly field: readonly {
    readonly name: string;
    readonly number: number;
    readonly label: string;
    readonly type: string;
    readonly typeName: string;
  }[];
  readonly nestedType: readonly Descriptor[];
}
