/** What requests may cost. */
export interface ServeLimits {
  /** Bytes of one request's body. */
  readonly bodyBytes: number;
  /** Pictures of one request. */
  readonly pictures: number;
  /** Pixels of one picture, by its header. */
  readonly maxPixels: number;
  /** Seconds that decoding one picture may take. */
  readonly decodeSeconds: number;
  /** Pictures of all requests that are accepted and not answered. */
  readonly queue: number;
  /** Bytes that their bodies hold. */
  readonly heldBytes: number;
  /** Seconds until a request that was accepted is answered; clients may ask for less, by `x-request-timeout`. */
  readonly timeout: number;
}

/**
 * For strangers on a machine of a few GiB: the largest photos of today's telephones, and a queue that empties within seconds.
 */
export const defaultLimits: ServeLimits = {
  bodyBytes: 32 * 2 ** 20,
  pictures: 16,
  maxPixels: 50_000_000,
  decodeSeconds: 10,
  // Five full batches: who is let in waits as long as a few batches take, also where most of the others are refused.
  queue: 40,
  heldBytes: 256 * 2 ** 20,
  timeout: 60,
};

/** What a connection may cost; times are in seconds. */
export interface ConnectionLimits {
  /** Connections at a time. */
  readonly connections: number;
  /** Bytes of a request's headers. */
  readonly headerBytes: number;
  /** Until the headers of a request have arrived. */
  readonly headersSeconds: number;
  /** Until a request has arrived with its body: who sends slower is cut off. */
  readonly requestSeconds: number;
  /** Until an answer has left for its client: who reads slower is cut off. */
  readonly responseSeconds: number;
  /** Between two requests. Load balancers keep connections for a minute, and must not send into one that is being closed. */
  readonly keepAliveSeconds: number;
}

/** Node's own are a minute for headers, five for requests, and any number of connections. */
export const defaultConnectionLimits: ConnectionLimits = {
  connections: 1000,
  headerBytes: 16 * 2 ** 10,
  headersSeconds: 10,
  requestSeconds: 30,
  responseSeconds: 30,
  keepAliveSeconds: 65,
};
