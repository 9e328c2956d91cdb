/** How an image is run, and limits: what of an app's container is its previews' too. Nothing that gives a right. */
export const INHERITED_OF_CONTAINER = [
  'command',
  'entrypoint',
  'user',
  'working_dir',
  'tmpfs',
  'healthcheck',
  'stop_signal',
  'stop_grace_period',
  'restart',
  'init',
  'read_only',
  'shm_size',
  'ulimits',
  'cap_drop',
  'platform',
  'pids_limit',
  'mem_limit',
  'mem_reservation',
  'memswap_limit',
  'mem_swappiness',
  'cpus',
  'cpuset',
  'cpu_shares',
  'cpu_period',
  'cpu_quota',
] as const

/** What of an app is its previews' too, unless `previews` says it. */
export const INHERITED_KEYS = ['port', 'health', 'strategy', ...INHERITED_OF_CONTAINER] as const
