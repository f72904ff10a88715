import { parentPort, workerData } from 'node:worker_threads';
import { beat, type HeartbeatData } from './write-record.ts';

beat(workerData as HeartbeatData);
parentPort?.postMessage('beating');
