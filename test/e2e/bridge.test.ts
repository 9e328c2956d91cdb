// @module-tag long
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'
import type Docker from 'dockerode'
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest'
import { connectDocker } from '../../receiver/edges/docker/connect.ts'
import { createOptions, inBody } from '../../receiver/edges/docker/create-options.ts'
import { ensureNetwork } from '../../receiver/edges/docker/network.ts'
import { divide } from '../../receiver/edges/subnet.ts'
import { app } from '../receiver/config/load-text.ts'
import { APP } from '../support/fake-world.ts'
import { pushTiny } from '../support/tiny-image.ts'
import { type Subnet, reserveSubnet } from '../support/ports.ts'
import { openWorkspace, type Workspace } from '../support/workspace.ts'
import { homeOn, INSTALLATION } from '../support/home.ts'

const run = promisify(execFile)
const stack = inject('stack')
const repository = `${stack.registry.host}/acme/bridge`
const NETWORK = 'bridge-test'
/** Debian's own Perl and its libraries: what the image has cannot make packets. */
const PERL = ['/usr', '/lib', '/lib64'].filter(existsSync).map((path) => `${path}:${path}:ro`)

/** Says to everybody on the bridge, once a second, that an address is at this container's card (RFC 826). */
const TAKE_ADDRESS = `
  my $address = pack 'C4', split /\\./, shift;
  sub first { open my $file, '<', "/sys/class/net/eth0/$_[0]" or die; my $line = <$file>; chomp $line; $line }
  my ($card, $index) = (pack('(H2)6', split /:/, first('address')), first('ifindex'));
  socket(my $packets, 17, 3, 0x0608) or die "cannot make packets: $!\\n";
  my $everybody = "\\xff" x 6;
  my $says = $everybody . $card . pack('n nnCCn', 0x0806, 1, 0x0800, 6, 4, 2) . $card . $address . $everybody . $address;
  my $there = pack 'SnlSCCa8', 17, 0x0806, $index, 1, 0, 6, $everybody;
  while (1) { send($packets, $says, 0, $there) or die "cannot send packets: $!\\n"; sleep 1 }
`
/** Asks for an echo by a socket that makes no other packets (icmp(7), ping_group_range). */
const PING = `
  socket(my $echo, 2, 2, 1) or die "cannot ping: $!\\n";
  send($echo, pack('CCnnn', 8, 0, 0, 0, 1), 0, pack('SnC4x8', 2, 0, split /\\./, shift)) or die "cannot send: $!\\n";
  recv($echo, my $answer, 100, 0);
  print "it answers\\n" if unpack('C', $answer) == 0;
`

let workspace: Workspace
let subnet: Subnet
let docker: Docker
let digest: string
let victim: string
let thief: string
const made: Docker.Container[] = []

beforeAll(async () => {
  workspace = openWorkspace()
  subnet = await reserveSubnet()
  ;[victim = '', thief = ''] = divide(subnet.subnet).slotAddresses()
  docker = await connectDocker({ DOCKER_HOST: stack.dockerHost })
  await ensureNetwork(docker, {
    name: NETWORK,
    subnet: subnet.subnet,
    installation: INSTALLATION.id,
  })
  digest = await pushTiny({
    host: stack.dockerHost,
    image: `${repository}:1`,
    version: 'bridge',
    login: stack.registry,
  })
})
afterEach(async () => {
  for (const container of made.splice(0)) await container.remove({ force: true, v: true })
})
afterAll(async () => {
  await docker.getNetwork(NETWORK).remove()
  await subnet.release()
  await workspace.close()
})

/** Starts a container as the receiver makes it of an app with these lines. */
async function start(name: string, address: string, lines: string[]): Promise<Docker.Container> {
  const { container } = app(lines)
  const release = {
    deployment: 'dep_1',
    generation: 1,
    slot: 'blue',
    replica: 1,
    port: 8000,
  } as const
  const plan = {
    app: { ...APP, name, container },
    repository,
    digest,
    address,
    volumes: [],
    ...release,
  }
  const started = await docker.createContainer(inBody(createOptions(plan, homeOn(NETWORK))))
  made.push(started)
  await started.start()
  return started
}

/** Runs a command in an app's container; resolves to how it ended. */
async function end(container: Docker.Container): Promise<{ code: number; log: string }> {
  const { StatusCode } = (await container.wait()) as { StatusCode: number }
  return {
    code: StatusCode,
    log: (await container.logs({ stdout: true, stderr: true })).toString(),
  }
}

/** An app whose container runs a Perl program. */
const perl = (program: string, argument: string, lines: string[] = []) =>
  start('thief', thief, [
    // a $ of the config is written twice
    `command: ${JSON.stringify(['/usr/bin/perl', '-e', program.replaceAll('$', '$$$$'), argument])}`,
    `volumes: ${JSON.stringify(PERL)}`,
    'restart: "no"',
    ...lines,
  ])

const cardOf = async (container: Docker.Container) =>
  (await container.inspect()).NetworkSettings.Networks[NETWORK]?.MacAddress

/** Where this machine, and so Nginx, sends what is for the victim. */
async function cardAt(address: string): Promise<string | undefined> {
  await fetch(`http://${address}:8000/`, { signal: AbortSignal.timeout(10_000) }).catch(() => {})
  const { stdout } = await run('ip', ['neigh', 'show', address])
  return /lladdr (\S+)/.exec(stdout)?.[1]
}

test("an app cannot take another's address on the bridge", async () => {
  const served = await start('victim', victim, [])
  await expect.poll(() => cardAt(victim)).toBe(await cardOf(served))
  const { code, log } = await end(await perl(TAKE_ADDRESS, victim))
  expect(log).toContain('cannot make packets: Operation not permitted')
  expect(code).not.toBe(0)
  expect(await cardAt(victim)).toBe(await cardOf(served))
})

const CAN = 'with %s it can'
test.for(['cap_add: [NET_RAW]'])(CAN, takesIt)
test.for(['cap_add: [CAP_NET_RAW]', 'cap_add: [all]'])(CAN, { tags: 'long' }, takesIt)

async function takesIt(line: string): Promise<void> {
  const served = await start('victim', victim, [])
  await expect.poll(() => cardAt(victim)).toBe(await cardOf(served))
  const robber = await perl(TAKE_ADDRESS, victim, [line])
  await expect.poll(() => cardAt(victim)).toBe(await cardOf(robber))
}

test("ping works by the kernel's own sockets for it, as that of Debian does", async () => {
  await start('victim', victim, [])
  const { code, log } = await end(await perl(PING, victim))
  expect([code, log]).toEqual([0, expect.stringContaining('it answers')])
})

test('nor can it give itself an address', async () => {
  const container = await start('thief', thief, [
    `command: [/bin/busybox, ip, address, add, ${victim}/24, dev, eth0]`,
    'restart: "no"',
  ])
  expect(await end(container)).toMatchObject({
    code: 2,
    log: expect.stringContaining('Operation not permitted'),
  })
})
