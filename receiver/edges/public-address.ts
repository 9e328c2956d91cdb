import { readBeginning } from '../../protocol/read-body.ts'
import { parseAddress } from '../core/ip-address.ts'
import { kindOf } from '../core/reach.ts'

/** An address at which the world finds this machine, and who says so. */
export interface PublicAddress {
  address: string
  from: string
}

const METADATA = 'http://169.254.169.254'
/** It is on this very machine's host, or nowhere. */
const ANSWER_MS = 1500
const MOST_BYTES = 100

/**
 * This machine's public IPv4 address: one of its interfaces has it, or, where a cloud keeps it outside, the cloud's metadata.
 * `undefined` when neither says one: nobody else is asked.
 * @param own addresses of the interfaces
 */
export async function findPublicAddress(
  own: readonly string[],
  metadata = METADATA,
): Promise<PublicAddress | undefined> {
  const ofInterface = own.find(isPublic)
  if (ofInterface !== undefined)
    return { address: ofInterface, from: 'an interface of this machine' }
  const asked = CLOUDS.map(async ({ cloud, ask }) => {
    const address = await ask(metadata)
    if (!isPublic(address)) throw new Error(`${cloud} names no public address`)
    return { address, from: `the metadata of ${cloud}` }
  })
  return Promise.any(asked).catch(() => undefined)
}

function isPublic(text: string): boolean {
  const address = parseAddress(text)
  return address?.kind() === 'ipv4' && kindOf(address) === 'public'
}

interface Cloud {
  cloud: string
  /** Rejects, or gives something else than an address, where this is not that cloud. */
  ask: (metadata: string) => Promise<string>
}

const CLOUDS: readonly Cloud[] = [
  {
    cloud: 'AWS',
    async ask(metadata) {
      const token = await get(`${metadata}/latest/api/token`, {
        method: 'PUT',
        headers: { 'x-aws-ec2-metadata-token-ttl-seconds': '60' },
      })
      return get(`${metadata}/latest/meta-data/public-ipv4`, {
        headers: { 'x-aws-ec2-metadata-token': token },
      })
    },
  },
  {
    cloud: 'Google Cloud',
    ask: (metadata) =>
      get(
        `${metadata}/computeMetadata/v1/instance/network-interfaces/0/access-configs/0/external-ip`,
        { headers: { 'metadata-flavor': 'Google' } },
      ),
  },
  {
    cloud: 'Azure',
    ask: (metadata) =>
      get(
        `${metadata}/metadata/instance/network/interface/0/ipv4/ipAddress/0/publicIpAddress?api-version=2021-02-01&format=text`,
        { headers: { metadata: 'true' } },
      ),
  },
  {
    cloud: 'DigitalOcean',
    ask: (metadata) => get(`${metadata}/metadata/v1/interfaces/public/0/ipv4/address`),
  },
  { cloud: 'Hetzner', ask: (metadata) => get(`${metadata}/hetzner/v1/metadata/public-ipv4`) },
]

async function get(url: string, init: RequestInit = {}): Promise<string> {
  const answer = await fetch(url, {
    ...init,
    redirect: 'error',
    signal: AbortSignal.timeout(ANSWER_MS),
  })
  const text = await readBeginning(answer.body, MOST_BYTES)
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}`)
  return text.trim()
}
