#!/bin/sh
# agent.sh [-x] ADDRESS COMMAND…: what ssh does for a launcher, for the host b of start.sh.
[ "$1" = -x ] && shift
shift
exec ip netns exec b unshare --uts sh -c 'hostname b; eval "$*"' agent "$@"
