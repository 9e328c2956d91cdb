import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { networkInterfaces } from 'node:os'

/** A TCP port of 127.0.0.1 that nothing listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await listen(server, { host: '127.0.0.1', port: 0 })
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no TCP port to be had')
  return address.port
}

export interface Subnet {
  /** `10.213.N.0/24`. */
  subnet: string
  release(): Promise<void>
}

/** Two of them that are one /23. */
export async function reservePair(): Promise<Subnet> {
  for (let tries = 0; tries < 256; tries++) {
    const one = await reserveSubnet()
    const [, third = ''] = /^10\.213\.(\d+)\./.exec(one.subnet) ?? []
    const other = await reserveSubnet(Number(third) ^ 1).catch(() => undefined)
    if (other === undefined) await one.release()
    else {
      return {
        subnet: `10.213.${Number(third) & ~1}.0/23`,
        release: async () => void (await Promise.all([one.release(), other.release()])),
      }
    }
  }
  throw new Error('no two networks of 10.213.0.0/16 side by side are free on this machine')
}

/**
 * Takes a /24 of 10.213.0.0/16 that no interface and no route of this machine uses. Another program that asks the same
 * does not get it until it is released or this process ends: an abstract socket, which the kernel frees, holds it.
 * @param third the one that it has to be, by its third number
 */
export async function reserveSubnet(third?: number): Promise<Subnet> {
  const taken = takenNetworks()
  const first = third ?? Math.floor(Math.random() * 256)
  for (let step = 0; step < (third === undefined ? 256 : 1); step++) {
    const prefix = `10.213.${(first + step) % 256}.`
    if (taken.some((address) => address.startsWith(prefix))) continue
    const server = createServer()
    try {
      await listen(server, { path: `\0deploy-action-${prefix}0` })
    } catch {
      continue
    }
    server.unref()
    return {
      subnet: `${prefix}0/24`,
      release: () => new Promise((resolve) => server.close(() => resolve())),
    }
  }
  throw new Error(
    third === undefined
      ? 'every /24 network of 10.213.0.0/16 is in use on this machine'
      : `10.213.${third}.0/24 is in use on this machine`,
  )
}

function takenNetworks(): string[] {
  const interfaces = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
  // columns: interface, destination, gateway, …; addresses are little-endian hexadecimal
  const routes = readFileSync('/proc/net/route', 'utf8').split('\n').slice(1, -1)
  return [
    ...interfaces.map(({ address }) => address),
    ...routes.map((line) =>
      [...Buffer.from(line.split('\t')[1] ?? '', 'hex')].toReversed().join('.'),
    ),
  ]
}

const listen = (server: Server, where: { host?: string; port?: number; path?: string }) =>
  new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(where, resolve)
  })
