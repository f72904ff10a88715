import { smallest } from '../../base/extremes.ts';
import type { MpiCommunicator } from './communicator.ts';

/** How fast ranks exchange, measured. */
export interface ExchangeSpeed {
  /** The two ranks that sent messages to each other: on two machines, if there are two. */
  readonly between: readonly [number, number];
  /** Microseconds that a message of 8 bytes takes, one way. */
  readonly latency: number;
  /** Billions of bytes a second, one way, of messages of `bytes`. */
  readonly bandwidth: number;
  /** Milliseconds in which all ranks sum `bytes` of float32. */
  readonly sum: number;
  readonly bytes: number;
}

const mebibyte = 2 ** 20;
const bytes = 64 * mebibyte;
const [small, large, sums] = [500, 4, 4];

/** Measures on all ranks, which call it together. The first exchanges, which set up connections, do not count. */
export function measureExchange(communicator: MpiCommunicator): ExchangeSpeed {
  const { rank, hosts } = communicator;
  const peer = Math.max(
    hosts.findIndex((host) => host !== hosts[0]),
    1,
  );
  const memory = new Uint8Array(new SharedArrayBuffer(bytes));
  communicator.barrier('a measurement');
  const bounce = (buffer: Uint8Array, times: number): number => {
    if (rank !== 0 && rank !== peer) return 0;
    const trips = Array.from({ length: times }, () => {
      const before = performance.now();
      if (rank === 0) {
        communicator.send(buffer, peer);
        communicator.receive(buffer, peer);
      } else {
        communicator.receive(buffer, 0);
        communicator.send(buffer, 0);
      }
      return performance.now() - before;
    });
    return smallest(trips.slice(1)) / 2;
  };
  const oneWay = bounce(memory.subarray(0, 8), small);
  const transfer = bounce(memory, large);
  const values = new Float32Array(memory.buffer);
  const times = Array.from({ length: sums }, () => {
    communicator.barrier('a measurement');
    const before = performance.now();
    communicator.startAllReduce(values).wait();
    return performance.now() - before;
  });
  return {
    between: [0, peer],
    latency: 1000 * oneWay,
    bandwidth: bytes / transfer / 1e6,
    sum: smallest(times.slice(1)),
    bytes,
  };
}
