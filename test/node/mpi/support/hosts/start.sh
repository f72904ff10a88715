#!/bin/sh
# start.sh LAUNCHER…: runs a launcher of MPI on host a, beside which there is a host b; two wires' ends, eth0, join them.
# Leaves in the file RECEIVED how many bytes came in at either end.
# To be started in network, host name, process and mount namespaces of its own: with its end all of this is gone.
set -e
# Where names of network namespaces are kept.
mount -t tmpfs hosts /run
hostname a
ip netns add b
ip link add eth0 type veth peer name eth0 netns b
ip address add 192.0.2.1/24 dev eth0
ip -n b address add 192.0.2.2/24 dev eth0
for end in "" "-n b"; do
  ip $end link set lo up
  ip $end link set eth0 up
done
# The kernel takes a moment to see that both ends are up.
until ip -br link show eth0 | grep -q " UP " && ip -n b -br link show eth0 | grep -q " UP "; do sleep 0.05; done
code=0
"$@" || code=$?
bytes='s/^ *eth0: *\([0-9]*\) .*/\1/p'
{
  sed -n "$bytes" /proc/net/dev
  ip netns exec b sed -n "$bytes" /proc/net/dev
} > "${RECEIVED:-/dev/null}"
exit $code
