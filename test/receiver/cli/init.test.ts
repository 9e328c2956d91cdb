import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { parse } from 'yaml'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { TRIGGERS } from '../../../receiver/config/first-config.ts'
import type { Finding } from '../../../receiver/core/finding.ts'
import { type InitOptions, init } from '../../../receiver/cli/init/init.ts'
import { findAnswers, type Said } from '../../../receiver/cli/init/answers.ts'
import { CalledOff, openDialog } from '../../../receiver/cli/init/dialog.ts'
import { whatToPaste } from '../../../receiver/cli/init/paste.ts'
import { type Machine, thisMachine } from '../../../receiver/serve/set-up.ts'
import { startAnswering } from '../../support/answering.ts'
import { capture, operate } from '../../support/operator.ts'

let dir: string
let config: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'init-'))
  config = join(dir, 'config.yaml')
})
afterEach(() => rmSync(dir, { recursive: true }))

const PASSWORD = 'ghp_0123456789abcdefghijkl'
const found = (what: string, ok = true, more = {}) =>
  ({ id: what, what, ok, message: `${what} seen`, ...more }) as Finding
const unasked = () => Promise.reject(new Error('nobody is to ask'))
const MACHINE: Machine = {
  address: async () => ({ address: '203.0.113.7', from: 'an interface of this machine' }),
  repository: async (name) => ({
    found: true,
    name,
    ids: { repository: '123456789', owner: '42' },
    branch: 'trunk',
  }),
  write: thisMachine.write,
  wayIn: async () => [],
  hasUnit: async () => false,
  project: unasked,
  startUnit: unasked,
}

describe('answers', () => {
  const sources = { address: MACHINE.address, repository: MACHINE.repository }

  /** What is asked when these lines are typed, and what comes of them. */
  async function talk(lines: string, said: Said = { tls: true }) {
    const input = new PassThrough()
    const shown: string[] = []
    const output = new PassThrough()
    output.on('data', (chunk) => shown.push(String(chunk)))
    const dialog = openDialog({ input, output: output as unknown as NodeJS.WriteStream })
    input.end(lines)
    const answers = await findAnswers(said, sources, dialog).catch((error: unknown) => error)
    dialog.close()
    return { answers, shown: shown.join('') }
  }

  test('few lines make a host with an app', async () => {
    const { answers, shown } = await talk('ghcr.io/acme/api\n\n\nops@example.com\n\n\n\n')
    expect(answers).toEqual({
      image: 'ghcr.io/acme/api',
      app: 'api',
      host: '203-0-113-7.sslip.io',
      domain: 'api.203-0-113-7.sslip.io',
      email: 'ops@example.com',
      trigger: 'oidc',
      github: {
        name: 'acme/api',
        ids: { repository: '123456789', owner: '42' },
        branch: 'trunk',
      },
    })
    expect(shown).toContain(
      'Public name for hooks, like deploy.example.com; 203-0-113-7.sslip.io leads to 203.0.113.7 already (by an interface of this machine) [203-0-113-7.sslip.io]: ',
    )
  })

  test('what cannot be is said, and asked again', async () => {
    const { answers, shown } = await talk(
      'ghcr.io/Acme/api\nacme/web:2\n192.0.2.1\ndeploy.example.com\ndeploy.example.com\n*.example.com\n\nnobody\n-\n6\n4\nrobot\n',
    )
    expect(answers).toEqual({
      image: 'docker.io/acme/web:2',
      app: 'web',
      host: 'deploy.example.com',
      domain: 'web.example.com',
      trigger: 'registry',
      login: 'robot',
    })
    for (const each of [
      'is not an image reference',
      '192.0.2.1 is an address, and certificates are for names',
      'deploy.example.com is the name for hooks',
      '"*.example.com" is not a public name',
      '"nobody" is not an e-mail address',
      '"6" is not one of them',
    ]) {
      expect(shown).toContain(each)
    }
  })

  test('whoever calls it off writes nothing', async () => {
    expect((await talk('ghcr.io/acme/api\n')).answers).toBeInstanceOf(CalledOff)
  })

  test.each<[Said, string]>([
    [{ tls: true }, '--image is missing'],
    [{ tls: true, image: 'ghcr.io/acme/api' }, '--email is missing'],
    [{ tls: false, image: 'nginx' }, '--repository is missing'],
    [{ tls: false, image: 'nginx', host: '10.0.0.1' }, '10.0.0.1 is an address'],
    [{ tls: false, image: 'nginx', trigger: 'poll', port: '0' }, '"0" is not a port'],
  ])('without a terminal %j is refused: %s', async (said, refusal) => {
    await expect(findAnswers(said, sources, undefined)).rejects.toThrow(refusal)
  })

  test('where GitHub is not asked its name is pinned, and a public address is a must', async () => {
    const nowhere = {
      address: async () => undefined,
      repository: async () => ({ found: false, why: 'it cannot be reached' }) as const,
    }
    const said = { tls: false, image: 'ghcr.io/acme/api' }
    await expect(findAnswers(said, nowhere, undefined)).rejects.toThrow('--host is missing')
    const { result } = await capture(() =>
      findAnswers({ ...said, host: 'deploy.example.com' }, nowhere, undefined),
    )
    expect(result).toMatchObject({
      domain: 'api.example.com',
      github: { name: 'acme/api', branch: 'main' },
    })
  })
})

describe('what to paste', () => {
  const { inputs } = parse(
    readFileSync(join(import.meta.dirname, '../../../action.yml'), 'utf8'),
  ) as { inputs: Record<string, unknown> }
  const example = readFileSync(
    join(import.meta.dirname, '../../../examples/workflows/ghcr.yml'),
    'utf8',
  )

  test.each(
    TRIGGERS.flatMap((trigger) =>
      ['ghcr.io/acme/api', 'acme.azurecr.io/api'].map((image) => [trigger, image] as const),
    ),
  )('by %s for %s is a workflow that fits, or says where the secret is', (trigger, image) => {
    const [first, second] = whatToPaste(
      {
        image,
        trigger,
        app: 'api',
        host: 'd.example',
        domain: 'api.example',
        github: { name: 'Acme/api', branch: "it's" },
      },
      {
        url: 'https://d.example',
        env: '/etc/deploy-receiver/env',
        variables: [{ name: 'API_HOOK', kind: 'token', what: '' }],
      },
    )
    if (trigger === 'poll') return expect(first?.text).toContain('a minute later')
    const where = "sudo sed -n 's/^API_HOOK=//p' /etc/deploy-receiver/env"
    if (trigger === 'registry') return expect(first?.text).toContain(where)
    const workflow = parse(first?.text ?? '') as {
      on: { push: { branches: string[] } }
      permissions: Record<string, string>
      jobs: { deploy: { steps: { uses: string; with?: Record<string, string> }[] } }
    }
    expect(workflow.on.push.branches).toEqual(["it's"])
    expect(workflow.permissions['id-token']).toBe(trigger === 'oidc' ? 'write' : undefined)
    const { steps } = workflow.jobs.deploy
    const given = steps.at(-1)?.with ?? {}
    expect(Object.keys(given).filter((name) => !(name in inputs))).toEqual([])
    expect(given['image']).toBe(image.startsWith('ghcr') ? undefined : image)
    for (const line of (first?.text ?? '').match(/uses: .*/g) ?? []) expect(example).toContain(line)
    expect(second?.text).toBe(trigger === 'oidc' ? undefined : where)
  })
})

describe('a first set-up', () => {
  const options = (more: Partial<InitOptions> = {}): InitOptions => ({
    config,
    image: 'ghcr.io/acme/api',
    host: 'deploy.example.com',
    tls: false,
    start: true,
    yes: true,
    ...more,
  })
  const run = async (more: Partial<InitOptions> = {}, machine: Partial<Machine> = {}) => {
    const { result, stdout, stderr, error } = await capture(() =>
      init(options(more), { ...MACHINE, ...machine }),
    )
    return { code: result, stdout: stdout.replaceAll(dir, ''), stderr, error }
  }

  test('the command writes what check takes, for root alone, and asks nothing', async () => {
    const words =
      'init --yes --no-start --no-tls --image ghcr.io/acme/api --host d.example.com --trigger hmac --login acme --password-file'
    writeFileSync(join(dir, 'password'), `${PASSWORD}\n`)
    const given = [...words.split(' '), join(dir, 'password'), '--config', config]
    const { code, stdout } = await operate(given)
    expect([code, stdout.replaceAll(dir, '')]).toEqual([
      0,
      expect.stringMatching(/^wrote \/env\nwrote \/config.yaml\n[^]*\ndone in [\d.]+ s; /),
    ])
    expect(stdout).not.toContain(PASSWORD)
    expect(stdout).not.toContain('whsec_')
    expect(['env', 'config.yaml'].map((name) => statSync(join(dir, name)).mode & 0o777)).toEqual([
      0o600, 0o600,
    ])
    expect(await operate(['check', '--strict', '--config', config])).toMatchObject({ code: 0 })
    expect(await operate(given)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('is there already, as it would be written') as string,
    })
  })

  test('without a terminal it wants --yes, and over a config it writes nothing', async () => {
    expect(await operate(['init', '--image', 'nginx', '--config', config])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('there is no terminal to ask at') as string,
    })
    expect(readdirSync(dir)).toEqual([])
    writeFileSync(config, 'url: https://a.example\napps: {}\n')
    expect(await operate(['init', '--config', config])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is there already') as string,
    })
  })

  test('a name that leads nowhere is said before a CA is asked', async () => {
    const lost = found('dns of d', false, { hint: 'add one' })
    const { code, stdout } = await run({}, { wayIn: async () => [lost], hasUnit: unasked })
    expect(code).toBe(1)
    expect(stdout).toMatch(/FAIL {2}dns of d {2}dns of d seen/)
    expect(stdout).toContain(
      'set right what fails here, then give the same deploy-receiver init again',
    )
  })

  test('without systemd it says how to start the receiver', async () => {
    const { code, stdout } = await run()
    expect([code, stdout]).toEqual([0, expect.stringContaining('-> deploy-receiver serve, then')])
  })

  test('a start that systemd refuses is told in its words', async () => {
    const { error } = await run(
      {},
      { hasUnit: async () => true, startUnit: () => Promise.reject(new Error('no such unit')) },
    )
    expect(error).toEqual(new Error('no such unit'))
  })

  describe('with a receiver', () => {
    const asked: string[] = []
    let receiver: Awaited<ReturnType<typeof startAnswering>>
    let front: ReturnType<typeof createServer>
    let url: string
    let certificates: Finding[]
    let live: object | null
    beforeAll(async () => {
      front = createServer(({ method, url: path }, response) => {
        asked.push(`public ${method} ${path}`)
        response.statusCode = certificates.length === 0 ? 200 : 404
        response.end('{}')
      })
      front.listen(0, '127.0.0.1')
      await once(front, 'listening')
      url = `http://127.0.0.1:${(front.address() as AddressInfo).port}`
      receiver = await startAnswering({
        'GET /apps': { apps: [] },
        'POST /reload': (_request, response) => {
          asked.push('reload')
          response.end('{}')
        },
        'GET /certificates': (_request, response) =>
          void response.end(JSON.stringify({ checks: certificates })),
        'GET /doctor': { checks: [found('docker'), found('public URL')] },
        'GET /apps/api': (_request, response) =>
          void response.end(JSON.stringify({ accepts: ['oidc'], live })),
        'POST /apps/api/test-hook': (_request, response) =>
          void response.end(
            JSON.stringify({
              url: `${url}/hooks/api`,
              headers: {},
              body: '{"test":true}',
              key: 'k',
            }),
          ),
        'GET /audit': (_request, response) =>
          void response.end(
            JSON.stringify({
              entries: [
                { outcome: 'ignored', sender: { kind: 'webhook', key: 'k' }, reason: 'a test' },
              ],
            }),
          ),
      })
    })
    beforeEach(() => {
      asked.length = 0
      certificates = []
      live = null
    })
    afterAll(() => {
      receiver.close()
      front.close()
    })
    const socket = () => receiver.config.replace('config.yaml', 'socket')
    const machine = (): Partial<Machine> => ({
      write: (...args) => {
        const files = thisMachine.write(...args)
        return { ...files, config: { ...files.config, url, socket: socket() } }
      },
    })

    test('it takes the config, is asked from outside in, and the seconds are told', async () => {
      const { code, stdout } = await run({}, machine())
      expect([code, asked]).toEqual([
        0,
        ['reload', 'public GET /healthz', 'public POST /hooks/api'],
      ])
      expect(stdout).toMatch(/ok {4}docker +docker seen/)
      expect(stdout).toMatch(/ok {4}signature +fits, by a key that was made for this test alone/)
      expect(stdout).toMatch(
        /\ndone in [\d.]+ s; the first deployment: push, or deploy-receiver deploy api\n$/,
      )
    })

    test('of an app that is live, no first deployment is told', async () => {
      live = { id: 'dep_1' }
      const { stdout } = await run({}, machine())
      expect(stdout).toMatch(/ s; api is live; the next deployment: push, or deploy-receiver/)
    })

    test('a certificate that fails is not waited for', async () => {
      certificates = [found('certificate of api', false)]
      const { stdout } = await run({}, machine())
      expect(stdout).toContain('docker seen')
    })

    test('a program gets all of it as JSON', async () => {
      const { stdout } = await run({ json: true }, machine())
      expect(JSON.parse(stdout)).toEqual({
        written: ['/config.yaml'],
        url,
        app: 'api',
        hook: `${url}/hooks/api`,
        paste: [{ title: '.github/workflows/deploy.yml', text: expect.any(String) as string }],
        changes: [],
        checks: expect.arrayContaining([found('docker')]) as Finding[],
        seconds: expect.any(Number) as number,
      })
    })
  })
})
