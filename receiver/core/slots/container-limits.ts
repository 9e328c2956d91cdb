/** How much of the machine a container may have, beside its memory, CPUs and processes. Docker's units. */
export interface ContainerLimits {
  /** What it gets back to when memory is short. */
  memoryReservationBytes?: number
  /** Memory and swap together; -1 is no limit. */
  memorySwapBytes?: number
  /** From 0 to 100. */
  memorySwappiness?: number
  oomKillDisable?: boolean
  /** From -1000 to 1000: the higher, the sooner it is killed. */
  oomScoreAdj?: number
  /** `0-3` or `0,1`. */
  cpuset?: string
  cpuShares?: number
  cpuPeriodUs?: number
  cpuQuotaUs?: number
  cpuRealtimePeriodUs?: number
  cpuRealtimeRuntimeUs?: number
  blockIo?: BlockIo
}

/** Of disks: shares, and limits for each device. */
export interface BlockIo {
  /** From 10 to 1000. */
  weight?: number
  weightOf: readonly { path: string; weight: number }[]
  readBytesPerSecond: readonly DeviceRate[]
  readsPerSecond: readonly DeviceRate[]
  writtenBytesPerSecond: readonly DeviceRate[]
  writesPerSecond: readonly DeviceRate[]
}

export interface DeviceRate {
  /** `/dev/sda`. */
  path: string
  rate: number
}
