import { readFileSync } from 'node:fs'

/** Resident memory of a process, in MiB (proc(5), /proc/pid/status, in kB). */
export function memoryOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024
}

/** User and system time of a process so far, in milliseconds (proc(5), /proc/pid/stat, fields 14 and 15, in ticks of 10 ms). */
export function processorTimeOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * 10
}
