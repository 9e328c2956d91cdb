import { expect, test } from 'vitest'
import { app, problems, withApp } from './load-text.ts'

test.for([
  ['mem_reservation: 128m', { memoryReservationBytes: 134_217_728 }],
  ['mem_reservation: 1GiB', { memoryReservationBytes: 1_073_741_824 }],
  ['{ mem_limit: 64m, memswap_limit: 128m }', { memorySwapBytes: 134_217_728 }],
  ['{ mem_limit: 64m, memswap_limit: -1 }', { memorySwapBytes: -1 }],
  ['mem_swappiness: 0', { memorySwappiness: 0 }],
  ['oom_kill_disable: true', { oomKillDisable: true }],
  ['oom_score_adj: -500', { oomScoreAdj: -500 }],
  ['cpuset: 0-3,5', { cpuset: '0-3,5' }],
  ['cpu_shares: 512', { cpuShares: 512 }],
  ['{ cpu_period: 100ms, cpu_quota: 50000 }', { cpuPeriodUs: 100_000, cpuQuotaUs: 50_000 }],
  [
    '{ cpu_rt_period: 1400us, cpu_rt_runtime: "950000" }',
    { cpuRealtimePeriodUs: 1400, cpuRealtimeRuntimeUs: 950_000 },
  ],
  [
    'blkio_config: { weight: 300, weight_device: [{ path: /dev/sda, weight: 400 }], device_read_bps: [{ path: /dev/sdb, rate: 12mb }], device_write_iops: [{ path: /dev/sdb, rate: 30 }] }',
    {
      blockIo: {
        weight: 300,
        weightOf: [{ path: '/dev/sda', weight: 400 }],
        readBytesPerSecond: [{ path: '/dev/sdb', rate: 12_582_912 }],
        readsPerSecond: [],
        writtenBytesPerSecond: [],
        writesPerSecond: [{ path: '/dev/sdb', rate: 30 }],
      },
    },
  ],
] as const)('%s', ([line, expected]) => {
  expect(app([line.startsWith('{') ? `<<: ${line}` : line]).container).toMatchObject(expected)
})

test('what is not said, or 0, is not there, so that Docker decides', () => {
  const zeros = 'mem_limit: 0m, cpus: "0.0", cpu_shares: 0, memswap_limit: 0'
  for (const lines of ['mem_limit: 64m', zeros]) {
    const { container } = app([`<<: { ${lines} }`])
    expect(Object.keys(container).filter((key) => /cpu|swap|oom|blockIo/i.test(key))).toEqual([])
    expect(container.memoryBytes).toBe(lines === zeros ? undefined : 67_108_864)
  }
})

test.for([
  [
    'memswap_limit: 1g',
    'memswap_limit: memory and swap together have no limit without one of memory; add mem_limit',
  ],
  ['mem_swappiness: 101', 'mem_swappiness: "101" is not a whole number from 0 to 100'],
  ['oom_score_adj: 1001', 'oom_score_adj: "1001" is not a number from -1000 to 1000'],
  ['cpuset: all', 'cpuset: "all" is not a set of CPUs; write it like 0-3 or 0,1'],
  ['cpu_period: soon', 'cpu_period: "soon" is not a time; write it in microseconds, or like 50ms'],
  ['blkio_config: { weight: 5 }', 'blkio_config.weight: "5" is not a whole number from 10 to 1000'],
  [
    'blkio_config: { device_read_bps: [{ path: /dev/sda }] }',
    'blkio_config.device_read_bps[0]: rate is missing; write { path: /dev/sda, rate: … }',
  ],
] as const)('%s is refused', ([line, problem]) => {
  expect(problems(withApp(line)).map((each) => each.replace(/^[^ ]+ apps\.api\./, ''))).toEqual([
    problem,
  ])
})
