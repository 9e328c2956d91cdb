import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Certificates, makeCertificates } from './certificates.ts'
import { freePort } from './ports.ts'
import { startProcess, waitFor } from './processes.ts'

export interface AcmeServer {
  /** URL of its ACME directory. */
  directory: string
  /** Of the server itself, and of who vouches for it. */
  pair: Certificates
  /** What Certbot needs to trust it: for its environment. */
  env: Readonly<Record<string, string>>
  /** Where its resolver is told what it says of names. */
  control: string
  /** What its resolver says of a name; without it every name is at 127.0.0.1. */
  dns(
    change: 'set-servfail' | 'clear-servfail' | 'add-a' | 'clear-a',
    host: string,
    addresses?: readonly string[],
  ): Promise<void>
  /** Forgets all accounts, orders and certificates, as if it were another CA. */
  restart(): Promise<void>
  stop(): Promise<void>
}

/**
 * Starts a CA of its own, Let's Encrypt's `pebble`, with a resolver for it alone: it looks for answers at `httpPort` of this
 * machine. With `eab` it takes accounts of its customers alone.
 */
export async function startAcme({
  dir,
  httpPort,
  eab,
}: {
  dir: string
  httpPort: number
  eab?: Readonly<Record<string, string>>
}): Promise<AcmeServer> {
  const pair = makeCertificates(join(dir, 'tls'), '127.0.0.1')
  const [acme, management, dns, control] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ]
  const resolver = await startProcess({
    dir,
    name: 'resolver',
    command: 'pebble-challtestsrv',
    args: [
      '-dns01',
      `127.0.0.1:${dns}`,
      '-management',
      `127.0.0.1:${control}`,
      '-defaultIPv6',
      '',
      '-http01',
      '',
      '-https01',
      '',
      '-tlsalpn01',
      '',
    ],
  })
  const config = join(dir, 'pebble.json')
  writeFileSync(
    config,
    JSON.stringify({ pebble: pebbleOf({ acme, management, httpPort, pair, eab }) }),
  )
  const start = async () => {
    const running = await startProcess({
      dir,
      name: 'pebble',
      command: 'pebble',
      args: ['-config', config, '-dnsserver', `127.0.0.1:${dns}`],
      env: { ...process.env, PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '0' },
    })
    await waitFor(() => running.log().includes('Listening on'), { what: 'pebble', running })
    return running
  }
  let pebble = await start()
  return {
    directory: `https://127.0.0.1:${acme}/dir`,
    pair,
    env: { REQUESTS_CA_BUNDLE: pair.authority },
    control: `http://127.0.0.1:${control}`,
    async dns(change, host, addresses) {
      const response = await fetch(`http://127.0.0.1:${control}/${change}`, {
        method: 'POST',
        body: JSON.stringify({
          host: `${host}.`,
          ...(addresses === undefined ? {} : { addresses }),
        }),
      })
      if (!response.ok) throw new Error(`the resolver answered ${response.status}`)
    },
    async restart() {
      await pebble.stop()
      pebble = await start()
    },
    async stop() {
      await pebble.stop()
      await resolver.stop()
    },
  }
}

const pebbleOf = ({
  acme,
  management,
  httpPort,
  pair,
  eab,
}: {
  acme: number
  management: number
  httpPort: number
  pair: Certificates
  eab: Readonly<Record<string, string>> | undefined
}) => ({
  listenAddress: `127.0.0.1:${acme}`,
  managementListenAddress: `127.0.0.1:${management}`,
  certificate: pair.certificate,
  privateKey: pair.key,
  httpPort,
  tlsPort: httpPort,
  ocspResponderURL: '',
  externalAccountBindingRequired: eab !== undefined,
  ...(eab === undefined ? {} : { externalAccountMACKeys: eab }),
})
