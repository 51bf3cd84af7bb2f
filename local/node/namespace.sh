#!/bin/sh
# Runs the node's processes in process and mount namespaces of their own, which this script is the
# first process of: when supervisord ends, or is killed, the kernel ends every process, container
# and mount below it. Started by `unshare`; $1 is the state folder.
set -eu
state=$1

# Mounts of the kubelet must reach containerd and its containers, but not the machine.
mount --make-rshared /

# Folders whose place is fixed in containerd, the CNI plugins and the kubelet.
for folder in /var/log /run/containerd /var/lib/cni; do
  mount -t tmpfs tmpfs "$folder"
done

# An image file still in use by a node that was just killed is free in a moment.
tries=0
while [ -n "$(losetup --associated "$state/data.img" 2>/dev/null)" ] && [ "$tries" -lt 600 ]; do
  tries=$((tries + 1))
  sleep 0.1
done
# Thousands of image files then go with one, which matters where the disk is slow to forget.
if [ -f "$state/data.img" ]; then
  mount -o loop,nodiscard "$state/data.img" "$state/data" || echo "no loop device: data stays in $state/data"
fi

exec supervisord --configuration "$state/config/supervisord.conf"
