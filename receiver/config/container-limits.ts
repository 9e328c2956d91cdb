import type { BlockIo, ContainerLimits, DeviceRate } from '../core/slots/container-limits.ts'
import type { Field, Reader } from './reader.ts'
import { defined } from '../core/defined.ts'
import { boolean, bytes, matching, microseconds, number, unlessZero } from './values.ts'

/** Keys that say how much of the machine a container may have; names and forms are Compose's. */
export const LIMIT_KEYS = [
  'mem_reservation',
  'memswap_limit',
  'mem_swappiness',
  'oom_kill_disable',
  'oom_score_adj',
  'cpuset',
  'cpu_shares',
  'cpu_period',
  'cpu_quota',
  'cpu_rt_period',
  'cpu_rt_runtime',
  'blkio_config',
]

export function readLimits(reader: Reader, keys: ReadonlyMap<string, Field>): ContainerLimits {
  return defined({
    memoryReservationBytes: bytes(reader, keys.get('mem_reservation')),
    memorySwapBytes: readSwap(reader, keys),
    memorySwappiness: number(reader, keys.get('mem_swappiness'), { min: 0, max: 100 }),
    oomKillDisable: boolean(reader, keys.get('oom_kill_disable')),
    oomScoreAdj: readScore(reader, keys.get('oom_score_adj')),
    cpuset: matching(
      reader,
      keys.get('cpuset'),
      /^\d{1,4}(?:-\d{1,4})?(?:,\d{1,4}(?:-\d{1,4})?)*$/,
      'a set of CPUs',
      'write it like 0-3 or 0,1',
    ),
    cpuShares: number(reader, unlessZero(reader, keys.get('cpu_shares')), {
      min: 2,
      max: 262_144,
    }),
    cpuPeriodUs: microseconds(reader, keys.get('cpu_period')),
    cpuQuotaUs: microseconds(reader, keys.get('cpu_quota')),
    cpuRealtimePeriodUs: microseconds(reader, keys.get('cpu_rt_period')),
    cpuRealtimeRuntimeUs: microseconds(reader, keys.get('cpu_rt_runtime')),
    blockIo: readBlockIo(reader, keys.get('blkio_config')),
  })
}

/** Docker takes it beside a limit of memory alone, and of at least as much. */
function readSwap(reader: Reader, keys: ReadonlyMap<string, Field>): number | undefined {
  const field = unlessZero(reader, keys.get('memswap_limit'))
  if (field === undefined || reader.isNothing(field)) return undefined
  const limit = keys.get('mem_limit')
  if (limit === undefined) {
    reader.problem(
      field,
      'memory and swap together have no limit without one of memory',
      'add mem_limit',
    )
  }
  if (reader.text(field) === '-1') return -1
  return bytes(reader, field)
}

function readScore(reader: Reader, field: Field | undefined): number | undefined {
  const text = matching(reader, field, /^-?(?:\d{1,3}|1000)$/, 'a number from -1000 to 1000')
  return text === undefined ? undefined : Number(text)
}

function readBlockIo(reader: Reader, field: Field | undefined): BlockIo | undefined {
  if (field === undefined || reader.isNothing(field)) return undefined
  const keys = reader.mapping(field, [
    'weight',
    'weight_device',
    'device_read_bps',
    'device_read_iops',
    'device_write_bps',
    'device_write_iops',
  ])
  const weight = (at: Field | undefined) => number(reader, at, { min: 10, max: 1000 })
  const perSecond = (at: Field | undefined) => number(reader, at, { min: 1 })
  const rates = (key: string, read: (at: Field | undefined) => number | undefined): DeviceRate[] =>
    devices(reader, keys.get(key), 'rate', read).map(({ path, value }) => ({ path, rate: value }))
  return {
    ...defined({ weight: weight(keys.get('weight')) }),
    weightOf: devices(reader, keys.get('weight_device'), 'weight', weight).map(
      ({ path, value }) => ({ path, weight: value }),
    ),
    readBytesPerSecond: rates('device_read_bps', (at) => bytes(reader, at)),
    readsPerSecond: rates('device_read_iops', perSecond),
    writtenBytesPerSecond: rates('device_write_bps', (at) => bytes(reader, at)),
    writesPerSecond: rates('device_write_iops', perSecond),
  }
}

/** `[{ path: /dev/sda, rate: 1m }]`. */
const devices = (
  reader: Reader,
  field: Field | undefined,
  name: 'rate' | 'weight',
  read: (at: Field | undefined) => number | undefined,
): { path: string; value: number }[] =>
  reader.list(field).flatMap((item) => {
    const keys = reader.mapping(item, ['path', name])
    const path = matching(reader, keys.get('path'), /^\/dev\/./, 'a path below /dev')
    const value = read(keys.get(name))
    if (path !== undefined && value !== undefined) return [{ path, value }]
    const missing = ['path', name].find((key) => reader.isNothing(keys.get(key)))
    if (missing !== undefined)
      reader.problem(item, `${missing} is missing`, `write { path: /dev/sda, ${name}: … }`)
    return []
  })
