import type { ContainerSettings } from '../../core/slots/container-settings.ts'

const MEMORY_BYTES = 512 * 1024 * 1024
const NANO_CPUS = 1e9
const PIDS = 512

/** Nobody reviewed what runs in it. */
export function limited(container: ContainerSettings): ContainerSettings {
  const { memoryReservationBytes: reserved = 0, cpuPeriodUs, cpuQuotaUs } = container
  const hasCpus = cpuPeriodUs !== undefined || cpuQuotaUs !== undefined
  return {
    memoryBytes: Math.max(MEMORY_BYTES, reserved),
    ...(hasCpus ? {} : { nanoCpus: NANO_CPUS }),
    pidsLimit: PIDS,
    ...container,
  }
}
