import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { ask } from '../support/ask.ts'
import { makeCertificates } from '../support/certificates.ts'
import { waitFor } from '../support/processes.ts'
import { PROXY_COMMAND, proxyFiles } from './images.ts'
import { docker, push, WORK } from './machine.ts'

const SITE = 'acme-api'
const PASSWORD = 'a-password-of-its-own'

export type Platform = Awaited<ReturnType<typeof startAppService>>

/**
 * Stands in for App Service: a front that has the name's certificate, the slots `production` and `staging`, and a webhook with a user
 * and a password that has production start the image of its tag, the new one first.
 */
export async function startAppService({
  domain,
  image,
  database,
  network,
}: {
  domain: string
  image: string
  database: string
  network: string
}) {
  let generation = 0
  const start = async (): Promise<string> => {
    const name = `${SITE}-${++generation}`
    const flags = ['--name', name, '--network', network, '--env', `DATABASE_HOST=${database}`]
    await docker('run', '--detach', ...flags, image)
    await waitFor(async () => (await versionAt(await addressOf(name))) !== undefined, {
      what: `${name} does not answer`,
    })
    return name
  }
  const slots = { production: await start(), staging: await start() }
  const upstream = async () => `${await addressOf(slots.production)}:8000`

  const front = proxyFiles(domain, await upstream())
  const proxy = await push('front', '1', { files: front.files, config: { Cmd: PROXY_COMMAND } })
  await docker('run', '--detach', '--name', 'front', '--network', network, proxy)
  const lead = async () => {
    const line = `set $app ${await upstream()};`
    const write = ['/bin/busybox', 'sh', '-c', `echo '${line}' >/upstream.conf`]
    await docker('exec', 'front', ...write)
    await docker('kill', '--signal', 'HUP', 'front')
  }
  const restart = async () => {
    const before = slots.production
    await docker('pull', image)
    slots.production = await start()
    await lead()
    await docker('stop', '--time', '30', before)
  }
  const webhook = await listen(restart)
  return {
    address: await addressOf('front'),
    authority: front.authority,
    webhook: webhook.url,
    shows: (version: string) =>
      waitFor(async () => (await versionAt(await addressOf(slots.production))) === version, {
        what: `the webhook does not bring ${version}`,
      }),
    async swap() {
      ;[slots.production, slots.staging] = [slots.staging, slots.production]
      await lead()
    },
    async delete() {
      webhook.close()
      await docker('rm', '--force', 'front', slots.production, slots.staging)
    },
  }
}

/** Answers at once, as App Service's does, and does it afterwards. */
async function listen(work: () => Promise<void>): Promise<{ url: string; close(): void }> {
  const pair = makeCertificates(join(WORK, 'platform'), '127.0.0.1')
  const every = [pair.authority, join(WORK, 'authorities.pem')].map((file) => readFileSync(file))
  writeFileSync(join(WORK, 'every.pem'), Buffer.concat(every))
  const wanted = `Basic ${Buffer.from(`$${SITE}:${PASSWORD}`).toString('base64')}`
  const tls = { cert: readFileSync(pair.certificate), key: readFileSync(pair.key) }
  const server = createServer(tls, (request, response) => {
    const isFit = request.method === 'POST' && request.headers.authorization === wanted
    request.resume()
    response.writeHead(isFit ? 200 : 401).end()
    if (isFit) work().catch((error: unknown) => console.error(error))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `https://$${SITE}:${PASSWORD}@127.0.0.1:${port}/api/registry/webhook`,
    close: () => void server.close(),
  }
}

const addressOf = (name: string) =>
  docker('inspect', '--format', '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}', name)

const versionAt = async (host: string): Promise<string | undefined> => {
  const answer = await ask({ host, port: 8000, domain: host }).catch(() => undefined)
  return answer?.status === 200 ? answer.body.trim() : undefined
}
