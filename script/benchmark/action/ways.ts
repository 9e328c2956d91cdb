import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { type ActionRun, runAction } from '../../../test/support/github-runner.ts'
import { HELLO, HELLO_BASE } from '../../../test/support/images.ts'
import type { Stack } from '../../../test/support/stack.ts'

/** Builds, pushes and deploys a version. */
type Deploy = (version: string) => Promise<void>

/**
 * The ways to deploy the app hello, on a stack whose receiver runs.
 * @param peers folder with checkouts of Docker's actions; undefined leaves their chain out
 */
export const waysToDeploy = async (
  stack: Stack,
  peers: string | undefined,
): Promise<{ ways: Map<string, Deploy>; close: () => void }> => {
  const ways = new Map([
    ['bare', byCommands(stack)],
    ['ours', byTheAction(stack)],
  ])
  if (peers === undefined) return { ways, close: () => {} }
  const api = await startApi()
  ways.set('peers', byChain(stack, resolve(peers), api.url))
  return { ways, close: api.close }
}

const buildArgs = (version: string) => [`BASE=${HELLO_BASE}`, `VERSION=${version}`]

/** `docker buildx build` and curl, with what they need made beforehand. */
function byCommands(stack: Stack): Deploy {
  const { host, username, password } = stack.registry
  const docker = stack.workspace.folder('docker-of-commands')
  const auth = Buffer.from(`${username}:${password}`).toString('base64')
  writeFileSync(join(docker, 'config.json'), JSON.stringify({ auths: { [host]: { auth } } }))
  const env = { ...process.env, DOCKER_HOST: stack.runner.host, DOCKER_CONFIG: docker }
  return async (version) => {
    const image = `${stack.repository}:${version}`
    const args = buildArgs(version).flatMap((value) => ['--build-arg', value])
    const metadata = join(docker, 'metadata.json')
    const push = ['--push', '--provenance=false', '--metadata-file', metadata, '--tag', image]
    execFileSync('docker', ['buildx', 'build', ...push, ...args, HELLO], { env, stdio: 'ignore' })
    const built = JSON.parse(readFileSync(metadata, 'utf8')) as Record<string, unknown>
    postByCurl(stack, `${image}@${String(built['containerimage.digest'])}`)
  }
}

/** Posts a hook that needs no signature, and waits for the deployment's end. */
function postByCurl(stack: Stack, image: string): void {
  const curl = ['-sSf', '--unix-socket', stack.config.socket, '-H', 'Prefer: wait=60']
  const json = ['-H', 'Content-Type: application/json', '-d', JSON.stringify({ image })]
  execFileSync('curl', [...curl, ...json, 'http://localhost/hooks/hello'], { stdio: 'ignore' })
}

function byTheAction(stack: Stack): Deploy {
  const { host: registry, username, password } = stack.registry
  const docker = stack.workspace.folder('docker-of-action')
  return async (version) => {
    await step({
      inputs: {
        url: `${stack.url}/hooks/hello`,
        image: stack.repository,
        registry,
        username,
        password,
        tags: version,
        context: HELLO,
        'build-args': buildArgs(version).join('\n'),
      },
      env: {
        DOCKER_HOST: stack.runner.host,
        DOCKER_CONFIG: docker,
        GITHUB_RUN_ID: version,
        ACTIONS_ID_TOKEN_REQUEST_URL: stack.issuer.requestUrl,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: stack.issuer.requestToken,
      },
    })
  }
}

/** docker/login-action, docker/metadata-action, docker/build-push-action, and curl. */
function byChain(stack: Stack, peers: string, apiUrl: string): Deploy {
  const docker = stack.workspace.folder('docker-of-chain')
  const env = { DOCKER_HOST: stack.runner.host, DOCKER_CONFIG: docker, GITHUB_API_URL: apiUrl }
  const { host: registry, username, password } = stack.registry
  // with no login at all docker looks for the machine's keyring, which runners have none of
  writeFileSync(join(docker, 'config.json'), '{"auths":{"registry.example":{}}}')
  return async (version) => {
    const of = (name: string, inputs: Record<string, string>) =>
      step({ action: join(peers, name), inputs, env })
    await of('login-action', { registry, username, password })
    const { tags = '', labels = '' } = await of('metadata-action', {
      images: stack.repository,
      tags: `type=raw,value=${version}`,
    })
    const { digest = '' } = await of('build-push-action', {
      context: HELLO,
      push: 'true',
      provenance: 'false',
      tags,
      labels,
      'build-args': buildArgs(version).join('\n'),
    })
    postByCurl(stack, `${stack.repository}:${version}@${digest}`)
  }
}

/** One step of a job, without what it does once the job has ended; gives its outputs. */
async function step(run: ActionRun): Promise<Record<string, string>> {
  const { exitCode, lines, outputs } = await runAction({ ...run, post: false })
  if (exitCode !== 0) throw new Error(lines.join('\n'))
  return outputs
}

/** GitHub's API, as far as docker/metadata-action asks it: about the repository. */
async function startApi(): Promise<{ url: string; close: () => void }> {
  const repository = { full_name: 'acme/hello', name: 'hello', default_branch: 'main' }
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ ...repository, html_url: 'https://github.com/acme/hello' }))
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
