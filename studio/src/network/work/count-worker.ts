import { portOf, serve } from 'cardinal-nn/studio';
import { networkWork } from './handlers.ts';

// `self` of a worker, whose types the page's do not know.
serve(portOf(self as unknown as MessagePort), networkWork);
