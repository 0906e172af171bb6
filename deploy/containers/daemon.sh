#!/usr/bin/env bash
# The first process of the daemon's namespaces: own_daemon.sh starts it, with its folder, build or run, and the controllers.
set -euo pipefail
W=$1 mode=$2 R=$1/root
mount --make-rprivate /
mount -t proc proc /proc
umount -l /sys/fs/cgroup 2>/dev/null || true
if [ "$mode" = run ]; then mount -t sysfs sysfs /sys; fi
mount -t tmpfs tmpfs /sys/fs/cgroup
for c in $3; do mkdir "/sys/fs/cgroup/$c"; mount -t cgroup -o "$c" cgroup "/sys/fs/cgroup/$c"; done
mount -t tmpfs tmpfs /run
ip link set lo up
export LD_LIBRARY_PATH=$R/usr/lib/x86_64-linux-gnu XTABLES_LIBDIR=$R/usr/lib/x86_64-linux-gnu/xtables
no_network=()
if [ "$mode" = build ]; then no_network=(--bridge=none --iptables=false --ip6tables=false --ip-forward=false); fi
exec tini -- dockerd --data-root "$W/data" -H "unix://$W/run/docker.sock" --storage-driver=overlay2 \
  --exec-opt native.cgroupdriver=cgroupfs "${no_network[@]}"
