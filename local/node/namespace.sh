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

exec supervisord --configuration "$state/config/supervisord.conf"
