import { CertificateError } from '../../core/certificates/error.ts'
import { runInGroup } from '../run-in-group.ts'

/** A CA that is slow takes a minute; Certbot waits for its answers as long as it takes. */
const DEADLINE_MS = 5 * 60_000
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
  let said = ''
  const hear = (text: string) => {
    said = `${said}${text}`.slice(-MAX_CHARACTERS)
    return true
  }
  const status = await runInGroup(program, args, {
    env: {
      ...process.env,
      ...env,
      PATH: `${process.env['PATH'] ?? '/usr/bin:/bin'}:/usr/local/bin:/snap/bin`,
    },
    limitMs: deadlineMs,
    signal,
    output: hear,
    errors: hear,
  }).catch((error: unknown) => {
    throw (error as NodeJS.ErrnoException).code === 'ENOENT' ? notInstalled(error) : error
  })
  if (status === undefined) {
    throw new CertificateError(`Certbot took longer than ${deadlineMs / 60_000} min`, {
      hint: 'the CA did not answer for so long: does this machine reach it? It is asked again by itself',
    })
  }
  return { status, said }
}

const notInstalled = (cause: unknown) =>
  new CertificateError('Certbot is not installed', {
    hint: 'apt install certbot (it needs no plugin), then systemctl restart deploy-receiver, whose sandbox learns of its folders at the start; or write tls: false for apps that are to have no HTTPS',
    cause,
  })
