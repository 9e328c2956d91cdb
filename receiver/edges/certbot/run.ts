import { spawn } from 'node:child_process'
import { CertificateError } from '../../core/certificates/error.ts'

/** A CA that is slow takes a minute; Certbot waits for its answers as long as it takes. */
const DEADLINE_MS = 5 * 60_000
/** From asking it to end until it is ended. */
const GRACE_MS = 5000
const MAX_CHARACTERS = 100_000

/**
 * Runs Certbot in a group of its own, without a shell, and ends all of that group at a deadline or when the signal aborts. Resolves to
 * its exit status and to what it printed. Throws `CertificateError` when there is no Certbot, or it took too long.
 */
export async function runCertbot(
  args: readonly string[],
  signal: AbortSignal,
  {
    program = 'certbot',
    deadlineMs = DEADLINE_MS,
    env = {},
  }: { program?: string; deadlineMs?: number; env?: Readonly<Record<string, string>> } = {},
): Promise<{ status: number | null; said: string }> {
  signal.throwIfAborted()
  const child = spawn(program, args, {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      ...env,
      PATH: `${process.env['PATH'] ?? '/usr/bin:/bin'}:/usr/local/bin:/snap/bin`,
    },
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8')
    stream.on('data', (text: string) => (said = `${said}${text}`.slice(-MAX_CHARACTERS)))
    // what is left of a group may keep it open, or end it anyhow
    stream.on('error', () => {})
  }
  let isLate = false
  let killing: NodeJS.Timeout | undefined
  const end = () => {
    killGroup(child.pid, 'SIGTERM')
    killing = setTimeout(() => killGroup(child.pid, 'SIGKILL'), GRACE_MS)
  }
  const timer = setTimeout(() => ((isLate = true), end()), deadlineMs)
  signal.addEventListener('abort', end, { once: true })
  try {
    const status = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject)
      // what it left behind goes with it, and holds its output open no longer
      child.once('exit', () => killGroup(child.pid, 'SIGKILL'))
      child.once('close', resolve)
    })
    signal.throwIfAborted()
    if (isLate) {
      throw new CertificateError(`Certbot took longer than ${deadlineMs / 60_000} min`, {
        hint: 'the CA did not answer for so long: does this machine reach it? It is asked again by itself',
      })
    }
    return { status, said }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    throw new CertificateError('Certbot is not installed', {
      hint: 'apt install certbot (it needs no plugin), then systemctl restart deploy-receiver, whose sandbox learns of its folders at the start; or write tls: false for apps that are to have no HTTPS',
      cause: error,
    })
  } finally {
    clearTimeout(timer)
    clearTimeout(killing)
    signal.removeEventListener('abort', end)
  }
}

function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch {
    // it is gone
  }
}
