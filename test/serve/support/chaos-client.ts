import { once } from 'node:events';
import {
  request as httpRequest,
  type Agent,
  type IncomingMessage,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http';
import { connect, type Socket } from 'node:net';
import type { ServiceError } from '@grpc/grpc-js';
import { expect } from 'vitest';

import { request } from './client.ts';

/** What a request was answered with. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Sent {
  readonly method?: string;
  readonly path: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: Uint8Array;
  /** Says nothing of the body's length. */
  readonly chunked?: boolean;
}

/** A well-formed request over a connection of the agent's, which it shares with requests before and after it. */
export async function exchange(
  { port, agent }: { readonly port: number; readonly agent: Agent },
  { method = 'POST', path, headers = {}, body = new Uint8Array(), chunked = false }: Sent,
): Promise<Answer> {
  const length = chunked ? { 'transfer-encoding': 'chunked' } : { 'content-length': body.length };
  const sent = httpRequest({
    host: '127.0.0.1',
    port,
    agent,
    method,
    path,
    headers: { ...length, ...headers },
  });
  const answered = once(sent, 'response') as Promise<[IncomingMessage]>;
  if (headers.expect !== undefined) {
    // An error may be the answer, without the body.
    await Promise.race([once(sent, 'continue'), answered]);
  }
  sent.end(body);
  const [response] = await answered;
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: Buffer.concat((await response.toArray()) as Buffer[]),
  };
}

/** A connection that bytes are written to as they are. */
export async function connection(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  // A connection that is reset is closed.
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** All that the server says until it ends the connection. */
export async function untilClosed(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  const closed = new Promise<void>((resolve) => {
    socket.on('end', resolve);
    socket.on('close', () => {
      resolve();
    });
  });
  await closed;
  socket.destroy();
  return Buffer.concat(chunks);
}

/** The status and the body of an answer as it came over a connection. */
export function parsed(bytes: Buffer): Answer {
  const [, status = '0', head = ''] =
    /^HTTP\/1\.1 (\d{3}) [^\r]*\r\n([^]*?)\r\n\r\n/.exec(bytes.toString('latin1')) ?? [];
  const headers = Object.fromEntries(
    head
      .split('\r\n')
      .map((line) => [line.split(':', 1)[0].toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  const body = bytes.subarray(bytes.indexOf('\r\n\r\n') + 4);
  return { status: Number(status), headers, body };
}

/** Whether there was no place for a request; then the answer says when to come again. */
export function isRefused({ status, headers }: Answer): boolean {
  if (status !== 429) return false;
  expect(headers['retry-after']).toMatch(/^[1-9]\d?$/);
  return true;
}

/** The same of a call of gRPC's. */
export function isRefusedByGrpc(error: unknown): boolean {
  const { metadata } = error as Partial<ServiceError>;
  return metadata?.get('cardinal-error').at(0) === 'queue_full';
}

/** The head of a request as it is sent. */
export function requestOf(path: string, headers: Readonly<Record<string, string | number>>): string {
  return request(`POST ${path}`, headers);
}
