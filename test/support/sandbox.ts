import { wordsOf } from './unit.ts'

/**
 * What runs a program as the unit of install/ does, as far as that goes without systemd: with its capabilities, unable
 * to gain others, and with all of the file system read-only but these folders.
 */
export function sandbox(writable: readonly string[]): string[] {
  const closed = [
    'unshare',
    '--mount',
    '--propagation',
    'slave',
    '/bin/sh',
    '-c',
    SCRIPT,
    'sandbox',
  ]
  const user = ['setpriv', '--bounding-set', capabilities(), '--inh-caps', '-all', '--no-new-privs']
  return [...closed, ...writable, '--', ...user, '--']
}

const capabilities = () =>
  [
    '-all',
    ...wordsOf('CapabilityBoundingSet').map((name) => name.replace('CAP_', '+').toLowerCase()),
  ].join(',')

/** `ProtectSystem=strict` leaves /dev, /proc and /sys alone. What cannot be made read-only is no file system. */
const SCRIPT = `
  set -e
  kept=' '
  while [ "$1" != -- ]; do
    mount --bind "$1" "$1"
    kept="$kept$1 "
    shift
  done
  shift
  cut -d ' ' -f 5 /proc/self/mountinfo | while read -r place; do
    case "$place" in /dev | /dev/* | /proc | /proc/* | /sys | /sys/*) continue ;; esac
    case "$kept" in *" $place "*) continue ;; esac
    mount -o remount,bind,ro "$place" 2>/dev/null || true
  done
  exec "$@"
`
