/** Classifiers behind HTTP: `createServer` gives a fastify instance. */
export type {} from '../base/globals.ts'; // Globals that declarations speak of: nothing at run time.

export { createServer } from './create-server.ts';
export { ServeError } from './errors.ts';
export { startGrpc, type GrpcAddress, type RunningGrpc } from './grpc/start.ts';
export type { ConnectionLimits, ServeLimits } from './limits.ts';
export { ServedModels, type ModelSource } from './models/served-models.ts';
export { mount, type MountOptions } from './mount.ts';
export type { ServerOptions } from './options.ts';
export type { LoggerOptions } from './safety/log.ts';
export type { ModelAbout, ServedModel } from './served-model.ts';
export type { TlsOptions } from './tls.ts';
