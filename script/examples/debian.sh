# shellcheck shell=bash
# The fresh Debian in ROOT with its own systemd, in the network of what beside.sh starts, whose engine it has for its own. For `source`, after that.

# shellcheck disable=SC2154 # $work is of beside.sh
boot() {
  trust "$ROOT"
  cp "$work/hosts" "$ROOT/etc/hosts"
  # systemd of Debian 13 wants to be told that cgroups of the first version are meant
  systemd-nspawn --quiet --directory="$ROOT" --boot --register=no --keep-unit --link-journal=no --console=pipe --resolv-conf=off \
    --bind=/run/docker.sock --setenv=SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1 \
    --machine=example SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1 >>"$work/boot.log" 2>&1 &
  echo $! >"$work/container"
  until_is 120 leader
  until_is 300 inside systemctl is-system-running --wait || inside systemctl --no-pager --failed
  until_is 60 inside docker version
}
leader() { pgrep -P "$(cat "$work/container")" | head -n 1 | grep .; }
inside() { nsenter --target "$(leader)" --all -- env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 "$@"; }
