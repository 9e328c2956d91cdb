import { setTimeout as pause } from 'node:timers/promises'
import { ask } from '../../test/support/ask.ts'
import { DOMAIN, type Scene } from './scene.ts'
import type { Terminal } from './terminal.ts'

/** Something that a person does at a terminal; its screen is kept. */
export interface Play {
  name: string
  /** Lines that are typed, or something that takes more than that. */
  play: readonly string[] | ((terminal: Terminal, scene: Scene) => Promise<void>)
  /** What is put back afterwards, without being kept. */
  after?: (terminal: Terminal, scene: Scene) => Promise<void>
  /** Lines that are to be copied, or not ours, may be broken by the terminal. */
  mayBreak?: true
}

const RECEIVER = 'deploy-receiver'
const line = (name: string, ...lines: string[]): Play => ({
  name,
  play: lines.map((each) => `${RECEIVER} ${each}`),
})

/** In this order: most build upon those before. */
export const PLAYS: readonly Play[] = [
  line('deploy-first', 'deploy api 1.3 --json >/dev/null', 'status'),
  line('plan', 'plan api 1.4'),
  line('deploy', 'deploy api 1.4'),
  {
    name: 'deploy-progress',
    play: (terminal) => terminal.enter(`${RECEIVER} deploy api 1.5`, '… health'),
    after: (terminal) => terminal.press('C-c'),
  },
  {
    name: 'interrupted',
    play: async (terminal) => {
      await terminal.enter(`${RECEIVER} deploy api 1.5`, 'resolve')
      await terminal.press('C-c')
    },
    after: async () => pause(12_000),
  },
  line('never-healthy', 'deploy api 1.5'),
  line('crash', 'deploy api 1.6'),
  line('why', 'show api'),
  line('image-missing', 'deploy api 9.9'),
  line('disk-full', 'deploy api 2.0'),
  line('wrong-app', 'deploy apl'),
  line('wrong-option', 'status --wtach'),
  line('wrong-command', 'statsu'),
  line('status', 'status'),
  line('history', 'history api -n 5'),
  { ...line('logs', 'logs api -n 4'), mayBreak: true },
  {
    name: 'logs-follow',
    play: async (terminal, { vm }) => {
      await terminal.enter(`${RECEIVER} logs api -f -n 2`, '/healthz')
      await ask({ port: vm.sites, domain: DOMAIN }, { path: '/a-visit' })
      await terminal.shows('/a-visit')
    },
    after: (terminal) => terminal.press('C-c'),
    mayBreak: true,
  },
  line('run', 'run api -- /bin/busybox sh -c "echo \\$LOG_LEVEL; exit 3"; echo $?'),
  {
    name: 'exec',
    play: (terminal) => terminal.enter(`${RECEIVER} exec api -- /bin/busybox sh`, '#'),
    after: (terminal) => terminal.press('C-d'),
    mayBreak: true,
  },
  line('audit', 'audit api -n 4'),
  line('tags', 'tags api'),
  line('doctor', 'doctor'),
  {
    name: 'watch',
    play: (terminal) => terminal.enter(`${RECEIVER} status --watch`, 'mail'),
    after: (terminal) => terminal.press('C-c'),
  },
  {
    name: 'watch-resized',
    play: async (terminal) => {
      await terminal.enter(`${RECEIVER} status --watch`, 'mail')
      await terminal.resize(terminal.columns === 80 ? 60 : 50, 40)
      await pause(3000)
    },
    after: async (terminal) => {
      await terminal.press('C-c')
      await terminal.resize(terminal.columns, ROWS)
    },
  },
  line('maintenance', 'maintenance api on', 'maintenance api', 'maintenance api off'),
  line('stop', 'stop api', 'maintenance api off', 'status', 'start api'),
  {
    name: 'rollback-chooser',
    play: async (terminal) => {
      await terminal.enter(`${RECEIVER} rollback api`, 'Where to?')
      await terminal.shows('> 1')
    },
    after: (terminal) => terminal.press('q'),
  },
  line('rollback', 'rollback api --yes'),
  line('hold', 'status'),
  line('rollback-none', 'rollback api --yes', 'rollback mail --yes'),
  { ...line('hook', 'hook api'), mayBreak: true },
  line('hook-test', 'hook api --test'),
  line('certificates', 'certificates'),
  line('reload', 'reload'),
  { ...line('help', 'deploy --help'), mayBreak: true },
  {
    name: 'registry-down',
    play: async (terminal, { registry }) => {
      process.kill(registry.pid, 'SIGSTOP')
      await terminal.enter(`timeout 20 ${RECEIVER} plan api 1.4`)
    },
    after: async (_terminal, { registry }) => void process.kill(registry.pid, 'SIGCONT'),
  },
  {
    name: 'no-rights',
    play: ['setpriv --reuid=65534 --regid=65534 --clear-groups deploy-receiver status'],
  },
]

/** Tall enough that nothing scrolls away. */
export const ROWS = 60

/** What a person sees while no receiver runs. */
export const WITHOUT_RECEIVER: readonly Play[] = [line('no-receiver', 'status', 'doctor')]
