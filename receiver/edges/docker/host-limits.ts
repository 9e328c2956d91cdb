import type { HostConfig } from 'dockerode'
import type { BlockIo, ContainerLimits, DeviceRate } from '../../core/slots/container-limits.ts'

/** How much of the machine a container may have, as Docker's API wants it; what is not said is left to Docker. */
export const hostLimits = (limits: ContainerLimits): HostConfig => ({
  MemoryReservation: limits.memoryReservationBytes,
  MemorySwap: limits.memorySwapBytes,
  MemorySwappiness: limits.memorySwappiness,
  OomKillDisable: limits.oomKillDisable,
  OomScoreAdj: limits.oomScoreAdj,
  CpusetCpus: limits.cpuset,
  CpuShares: limits.cpuShares,
  CpuPeriod: limits.cpuPeriodUs,
  CpuQuota: limits.cpuQuotaUs,
  CpuRealtimePeriod: limits.cpuRealtimePeriodUs,
  CpuRealtimeRuntime: limits.cpuRealtimeRuntimeUs,
  ...(limits.blockIo === undefined ? {} : blockIo(limits.blockIo)),
})

const blockIo = (io: BlockIo): HostConfig => ({
  BlkioWeight: io.weight,
  BlkioWeightDevice: io.weightOf.map(({ path, weight }) => ({ Path: path, Weight: weight })),
  BlkioDeviceReadBps: io.readBytesPerSecond.map(ofDevice),
  BlkioDeviceReadIOps: io.readsPerSecond.map(ofDevice),
  BlkioDeviceWriteBps: io.writtenBytesPerSecond.map(ofDevice),
  BlkioDeviceWriteIOps: io.writesPerSecond.map(ofDevice),
})

const ofDevice = ({ path, rate }: DeviceRate) => ({ Path: path, Rate: rate })
