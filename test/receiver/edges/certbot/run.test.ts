import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { certbotArguments, certbotConfig } from '../../../../receiver/edges/certbot/arguments.ts'
import { installRenewalHook } from '../../../../receiver/edges/certbot/renewal-hook.ts'
import { runCertbot } from '../../../../receiver/edges/certbot/run.ts'
import { waitFor } from '../../../support/processes.ts'
import { openWorkspace, type Workspace } from '../../../support/workspace.ts'

const run = promisify(execFile)

let workspace: Workspace
beforeAll(() => void (workspace = openWorkspace()))
afterAll(() => workspace.close())

/** A program of a few lines of sh. */
function script(name: string, ...lines: string[]): string {
  const file = join(workspace.dir, name)
  writeFileSync(file, ['#!/bin/sh', ...lines, ''].join('\n'))
  chmodSync(file, 0o755)
  return file
}

const isAlive = (pid: string) =>
  existsSync(`/proc/${pid}`) && !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z')

describe('Certbot', () => {
  const never = new AbortController().signal

  test('that is not there is said with what installs it', async () => {
    await expect(runCertbot([], never, { program: 'no-such-certbot' })).rejects.toMatchObject({
      message: 'Certbot is not installed',
      hint: expect.stringContaining('apt install certbot'),
    })
  })

  test('is heard, whatever it ends with', async () => {
    const program = script('fails', 'echo out; echo err >&2; exit 7')
    const { status, said } = await runCertbot(['a b'], never, { program })
    expect(status).toBe(7)
    expect(said.split('\n').toSorted()).toEqual(['', 'err', 'out'])
  })

  test.for(['deadline', 'stop'] as const)(
    'is ended at a %s, with all that it began',
    async (how) => {
      const pids = join(workspace.dir, `pids-${how}`)
      const program = script(
        `hangs-${how}`,
        'trap "" TERM',
        `sleep 1000 & echo $! > ${pids}.new; echo $$ >> ${pids}.new; mv ${pids}.new ${pids}; wait; sleep 1000`,
      )
      const stop = new AbortController()
      const running = runCertbot([], stop.signal, {
        program,
        ...(how === 'deadline' ? { deadlineMs: 500 } : {}),
      })
      const ended = running.catch((error: unknown) => error as Error)
      await waitFor(() => existsSync(pids), { what: 'it did not start' })
      if (how === 'stop') stop.abort(new Error('the receiver stops'))
      expect((await ended) as Error).toMatchObject({
        message:
          how === 'stop' ? 'the receiver stops' : expect.stringContaining('took longer than'),
      })
      const all = readFileSync(pids, 'utf8').trim().split('\n')
      await waitFor(() => !all.some(isAlive), { what: 'something of it runs on' })
    },
  )
})

test('what it is told is asked of nobody, and holds no secret', () => {
  const acme = {
    email: 'ops@example.com',
    server: 'https://ca.example/dir',
    eab: { kid: 'kid', hmacKey: 'secret-hmac-key' },
  }
  const places = {
    webroot: '/data/acme',
    logs: '/data/certbot',
    work: '/data/certbot/work',
    config: '/data/certbot/config.ini',
  }
  const wanted = { site: 'api', names: ['a.test', 'b.test'] }
  const args = certbotArguments(wanted, 'none', { acme, places })
  expect(args.join(' ')).toBe(
    'certonly --non-interactive --agree-tos --no-eff-email --email ops@example.com --server https://ca.example/dir --config /data/certbot/config.ini --logs-dir /data/certbot --work-dir /data/certbot/work --webroot --webroot-path /data/acme --preferred-challenges http --cert-name deploy-receiver.api --key-type ecdsa --domain a.test --domain b.test --renew-with-new-domains --keep-until-expiring --no-directory-hooks',
  )
  expect(certbotConfig(acme)).toBe('eab-kid = kid\neab-hmac-key = secret-hmac-key\n')
  const has = (reason: 'names' | 'renewal' | 'server') =>
    certbotArguments(wanted, reason, { acme, places }).includes('--force-renewal')
  expect([has('names'), has('renewal'), has('server')]).toEqual([false, true, true])
})

describe("the script for Certbot's renewals", () => {
  const install = (program: string) => {
    const log = join(workspace.dir, 'nginx.log')
    writeFileSync(log, '')
    installRenewalHook({
      installation: 'x1',
      directory: workspace.dir,
      program,
      config: "/etc/it's/config.yaml",
      nginx: { test: `echo test >> ${log}`, reload: `echo reload >> ${log}` },
    })
    const hook = join(workspace.dir, 'renewal-hooks/deploy/deploy-receiver-x1')
    return async (lineage: string) => {
      await run(hook, {
        env: { ...process.env, RENEWED_LINEAGE: `/etc/letsencrypt/live/${lineage}` },
      })
      return readFileSync(log, 'utf8').trim().split('\n').join(' ')
    }
  }

  test('tells the receiver, by its config', async () => {
    const told = join(workspace.dir, 'told')
    const hook = install(script('runs', `echo "$*" > ${told}`))
    expect(await hook('deploy-receiver.api')).toBe('')
    expect(readFileSync(told, 'utf8').trim()).toBe(
      "--config /etc/it's/config.yaml certificates --look",
    )
  })

  test('has Nginx read its files when no receiver runs', async () => {
    expect(await install(script('is-down', 'exit 1'))('deploy-receiver.api')).toBe('test reload')
    expect(await install('/no/such/program')('deploy-receiver.api')).toBe('test reload')
  })

  test('does nothing for what is not ours', async () => {
    expect(await install(script('is-down-too', 'exit 1'))('www.example.com')).toBe('')
  })
})
