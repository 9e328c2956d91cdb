import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openProgram } from '../../receiver/cli/program.ts'
import { fencedOf } from './fenced.ts'

const ROOT = join(import.meta.dirname, '../..')
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8')

/** Blocks of commands that a test runs: page, how the block begins, what runs it. */
const RUN: readonly (readonly [page: string, begins: string, by: string])[] = [
  ['README.md', 'git clone', 'script/test'],
  ['README.md', 'curl -fsSLO', 'script/test-install'],
  ['README.md', 'hook() {', 'test/docs/hooks.test.ts'],
  ['docs/benchmarks.md', 'npm run bench', 'script/bench'],
  ['docs/compose.md', 'curl -i', 'test/e2e/moving-project.test.ts'],
  ['docs/hooks.md', 'hook=https:', 'test/docs/hooks.test.ts'],
  ['docs/hooks.md', 'openssl genpkey', 'test/docs/hooks.test.ts'],
  ['docs/hooks.md', 'hook() {', 'test/docs/hooks.test.ts'],
  ['docs/hooks.md', "printf 'whsec_", 'test/docs/hooks.test.ts'],
  ['docs/hooks.md', 'id="cli-', 'test/docs/hooks.test.ts'],
  ['docs/hooks.md', 'openssl rand', 'test/docs/hooks.test.ts'],
  ['docs/hooks.md', 'CI_CD_URL=', 'test/docs/hooks.test.ts'],
  ['docs/hooks.md', 'curl -sS "https://web:', 'test/docs/hooks.test.ts'],
  ['docs/hooks.md', "body='", 'test/docs/hooks.test.ts'],
  ['docs/hooks.md', 'curl -sS --unix-socket', 'test/docs/hooks.test.ts'],
  ['docs/hooks.md', 'curl -sS https://deploy', 'test/docs/hooks.test.ts'],
  ['docs/api.md', 'curl https:', 'test/receiver/http/openapi.test.ts'],
  ['docs/api.md', 'url=https:', 'test/docs/api.test.ts'],
  ['docs/metrics.md', 'curl -H', 'test/receiver/http/app.test.ts'],
  ['docs/backup.md', 'docker volume create', 'test/e2e/moving-container.test.ts'],
  ['docs/limits.md', 'docker run --rm -v', 'test/e2e/moving-container.test.ts'],
  ['docs/limits.md', 'docker volume create', 'test/e2e/moving-container.test.ts'],
  ['docs/limits.md', 'systemctl start', 'test/e2e/move.test.ts'],
  ['docs/install.md', 'curl -fsSLO', 'script/test-install'],
  ['docs/install.md', 'docker run --detach', 'test/package/image.test.ts'],
  ['docs/install.md', 'docker build', 'test/package/image.test.ts'],
  ['docs/moving.md', 'docker pull', 'test/e2e/moving-container.test.ts'],
  ['docs/moving.md', 'docker inspect', 'test/e2e/moving-container.test.ts'],
  ['docs/moving.md', 'curl -fsS -H', 'test/e2e/moving-container.test.ts'],
  ['docs/moving.md', 'rm /etc/nginx', 'test/e2e/moving-container.test.ts'],
  ['docs/moving.md', 'docker rm -f', 'test/e2e/moving-container.test.ts'],
  ['docs/moving.md', 'docker run', 'test/e2e/moving-container.test.ts'],
  ['docs/moving.md', 'docker stop watchtower', 'test/e2e/moving-container.test.ts'],
  ['docs/compose.md', 'docker compose stop', 'script/test-moves'],
  ['docs/moving.md', 'docker stop --time', 'script/test-moves'],
  ['docs/moving.md', 'curl -fsS --resolve', 'script/test-moves'],
  ['docs/notifications.md', "printf 'whsec_", 'test/docs/hooks.test.ts'],
  ['docs/sites.md', 'rm /etc/nginx', 'test/docs/moving.test.ts'],
]

/** Programs whose lines no test runs, and what they would need. */
const NEEDS: Readonly<Record<string, string>> = {
  'apt-get': 'a machine to install on: script/test-install and script/test-debian have fresh roots',
  apt: 'a machine to install on: script/test-debian has fresh roots',
  az: 'an account at Azure',
  gcloud: 'an account at Google Cloud',
  gh: 'a repository at GitHub, and a release',
  certbot: 'a name that leads to this machine: script/test-moves has one',
  dig: 'names of the public DNS',
  journalctl: 'a machine that systemd has started',
  systemctl: 'a machine that systemd has started',
  kubectl: 'a cluster with an Ingress and a storage class',
  kamal: 'a machine that Kamal has set up',
  'nvidia-smi': 'a GPU',
  'nvidia-ctk': 'a GPU',
  ssh: 'another machine',
  ufw: 'a firewall of its own',
}

/** Further blocks that no test runs: page, how the block begins, what they would need. */
const NOT_RUN: readonly (readonly [page: string, begins: string, needs: string])[] = [
  ['docs/gpu.md', 'nvidia-smi', 'a GPU'],
  ['docs/install.md', 'git clone', 'a published repository'],
  ['docs/install.md', 'sha256sum', 'a published release'],
  ['docs/install.md', 'mkdir -p /etc', "the machine's own /etc"],
  ['docs/install.md', 'sed ', "the machine's own /etc"],
  ['docs/moving.md', 'ss -ltnp', 'ports 80 and 443 of a machine of its own'],
  ['docs/moving.md', 'az webapp stop', 'an account at Azure'],
  ['docs/network.md', 'docker ps', 'an engine that publishes ports'],
  ['docs/network.md', 'sudo ufw delete', 'a firewall of its own'],
  ['docs/network.md', 'echo "*/5', 'a name at DuckDNS'],
]

const PAGES = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
]

interface Block {
  page: string
  text: string
  /** Its commands but for the receiver's own. */
  others: readonly string[]
}
const blocks: Block[] = PAGES.flatMap((page) =>
  fencedOf(read(page))
    .filter(({ language }) => language === 'sh')
    .map(({ text }) => ({ page, text, others: othersIn(text) })),
)

function othersIn(text: string): string[] {
  return text
    .replaceAll('\\\n', ' ')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .filter((line) => !/^(?:sudo )?deploy-receiver /.test(line))
}

const isOf =
  ({ page, others: [first = ''] }: Block) =>
  ([of, begins]: readonly [string, string, string]) =>
    of === page && first.startsWith(begins)

const programOf = (line: string) => line.replace(/^sudo /, '').split(' ', 1)[0] ?? ''

test('each block of commands is run by a test, or it is said here what it would need', () => {
  const unknown = blocks.filter(
    (block) =>
      ![...RUN, ...NOT_RUN].some(isOf(block)) &&
      !block.others.every((line) => Object.hasOwn(NEEDS, programOf(line))),
  )
  expect(unknown.map(({ page, others }) => `${page}: ${others[0] ?? ''}`)).toEqual([])
})

test('nothing is said of blocks that there are not, and what runs them is there', () => {
  const gone = [...RUN, ...NOT_RUN].filter((each) => !blocks.some((block) => isOf(block)(each)))
  expect(gone).toEqual([])
  expect(RUN.filter(([, , by]) => !existsSync(join(ROOT, by)))).toEqual([])
  const programs = new Set(blocks.flatMap(({ others }) => others.map(programOf)))
  expect(Object.keys(NEEDS).filter((program) => !programs.has(program))).toEqual([])
})

test('each command of the receiver is run by some test', async () => {
  const tests = ['test/e2e', 'test/receiver/cli', 'test/receiver/serve'].flatMap((folder) =>
    readdirSync(join(ROOT, folder)).flatMap((name) =>
      name.endsWith('.test.ts') ? read(`${folder}/${name}`) : [],
    ),
  )
  const isRun = (name: string) =>
    tests.some((text) => text.includes(`'${name}'`) || text.includes(`deploy-receiver ${name}`))
  const { commands } = await openProgram()
  expect(commands.map((each) => each.name()).filter((name) => !isRun(name))).toEqual([])
})

test('a shell takes all blocks of commands', () => {
  const input = blocks.map(({ page, text }) => `# ${page}\n${text}\n`).join('')
  expect(() => execFileSync('bash', ['-n'], { input, stdio: 'pipe' })).not.toThrow()
})

test("the README's hook is that of docs/hooks.md, which is run", () => {
  const [short = '', long = ''] = ['README.md', 'docs/hooks.md'].map((page) =>
    (blocks.find((block) => block.page === page && block.text.startsWith('hook() {'))?.text ?? '')
      .replace(/ id="[^"]*"/, '')
      .replaceAll(/ +# .*$/gm, ''),
  )
  expect(short).toBe(long)
})

test('the guide of docs/install.md has the commands of README.md, which script/test-install runs', () => {
  const [short = [], long = []] = ['README.md', 'docs/install.md'].map((page) => {
    const block = blocks.find((each) => each.page === page && each.text.startsWith('curl -fsSLO'))
    return (block?.text ?? '').split('\n').map((line) => (line.split(' #', 1)[0] ?? '').trim())
  })
  expect(long.filter((line) => !line.startsWith('less '))).toEqual(short)
})
