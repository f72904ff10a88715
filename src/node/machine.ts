import type { Backend } from '../backends/backend.ts';
import { capabilities } from './capabilities.ts';

/** What computed, for people: processor, the backend's description, Node. */
export function machine(backend: Backend): string {
  const { cpu, node } = capabilities();
  return `${cpu}, ${backend.description}, Node ${node.replace(/^v/, '')}`;
}
