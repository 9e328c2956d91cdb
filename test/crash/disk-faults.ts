import { spawn } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { waitFor } from '../support/processes.ts'

/** What becomes of one of the receiver's own calls to the kernel, by strace's words for it. */
const INJECTIONS = {
  'fsync-kill': 'fsync:signal=SIGKILL',
  'fsync-EIO': 'fsync:error=EIO',
  'fsync-ENOSPC': 'fsync:error=ENOSPC',
  'write-kill': 'pwrite64:signal=SIGKILL',
  'write-ENOSPC': 'pwrite64:error=ENOSPC',
} as const
export type DiskFault = keyof typeof INJECTIONS
export const DISK_FAULTS = Object.keys(INJECTIONS) as DiskFault[]
export const isDiskFault = (fault: string): fault is DiskFault => Object.hasOwn(INJECTIONS, fault)

export interface DiskStrike {
  /** The call that the fault befell. */
  struck(): string | undefined
  stop(): Promise<void>
}

/** Lets the fault befall the n-th such call of a process from now on. */
export async function strikeDisk({
  pid,
  fault,
  at,
  file,
}: {
  pid: number
  fault: DiskFault
  at: number
  /** For strace's notes. */
  file: string
}): Promise<DiskStrike> {
  rmSync(file, { force: true })
  const [call] = INJECTIONS[fault].split(':')
  const inject = `inject=${INJECTIONS[fault]}:when=${at}`
  const tracer = spawn(
    'strace',
    ['-f', '-o', file, '-e', `trace=${call}`, '-e', inject, '-p', String(pid)],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  let said = ''
  tracer.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  const ended = new Promise<void>((resolve) => tracer.once('exit', () => resolve()))
  await waitFor(() => said.includes('attached'), { what: `strace did not attach: ${said}` })
  return {
    struck() {
      if (!existsSync(file)) return undefined
      const line = readFileSync(file, 'utf8')
        .split('\n')
        .find((each) => /\(INJECTED\)|killed by SIGKILL/.test(each))
      return line === undefined
        ? undefined
        : `${call} ${fault.endsWith('kill') ? 'killed' : 'failed'}`
    },
    async stop() {
      tracer.kill('SIGTERM')
      await ended
    },
  }
}
