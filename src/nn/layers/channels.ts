import type { Value } from '../../graph/value.ts';
import { share, whole } from '../arguments.ts';
import { channelShuffle, dropPath } from '../functional/channels.ts';
import { Module } from '../module.ts';

/** The channels of `groups` groups in turn: N×C×H×W, whose channel i·groups + j is channel j·C/groups + i of the input. */
export class ChannelShuffle extends Module {
  static override readonly typeName: string = 'ChannelShuffle';

  readonly groups: number;

  constructor(groups: number) {
    super();
    this.groups = whole('ChannelShuffle', 'groups', groups, 1);
  }

  forward(x: Value): Value {
    return channelShuffle(x, this.groups);
  }
}

/**
 * Stochastic depth, by timm's name: in training it leaves out a residual branch of whole pictures, each with probability `p`, and multiplies
 * the others by 1/(1−p); otherwise it does nothing.
 */
export class DropPath extends Module {
  static override readonly typeName: string = 'DropPath';

  readonly p: number;

  constructor(p = 0) {
    super();
    this.p = share('DropPath', 'p', p);
  }

  forward(x: Value): Value {
    return dropPath(x, this.p);
  }
}
