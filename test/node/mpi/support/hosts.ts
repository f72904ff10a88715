import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Launcher } from './jobs.ts';

const path = (name: string): string => fileURLToPath(new URL(`hosts/${name}`, import.meta.url));

const spaces = ['--net', '--uts', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
const onTwoHosts = ['unshare', ...spaces, path('start.sh')];

/** Whether two hosts can be imitated here: by network namespaces, which need Linux, root and iproute2. */
export const canPartHosts =
  spawnSync('unshare', [...spaces, path('start.sh'), 'true'], { timeout: 10_000 }).status === 0;
if (!canPartHosts)
  console.warn('not tested: ranks on two hosts, for which unshare, ip netns and root are needed');

const addresses = '192.0.2.1,192.0.2.2';

/** A launcher whose first rank lives on host `a`, where it runs itself, and whose second on host `b`. */
export function apart({ name, command, args }: Launcher): Launcher {
  const ofLauncher = {
    MPICH: ['-launcher', 'ssh', '-launcher-exec', path('agent.sh'), '-hosts', addresses, '-iface', 'eth0'],
    'Open MPI': [
      ...['--mca', 'plm_rsh_agent', path('agent.sh'), '--host', addresses],
      ...['--mca', 'btl_tcp_if_include', 'eth0'],
    ],
  }[name];
  return { name, command: onTwoHosts[0], args: [...onTwoHosts.slice(1), command, ...args, ...ofLauncher] };
}

export const settingsApart = {
  // MPICH's UCX sees that both hosts are one machine, and would take shared memory.
  UCX_TLS: 'tcp,self',
};
