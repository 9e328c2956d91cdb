import { execFile, execFileSync } from 'node:child_process'
import { expect, onTestFinished, test } from 'vitest'
import { openProgram } from '../../../receiver/cli/program.ts'
import { startAnswering } from '../../support/answering.ts'

const program = await openProgram()

test.for(program.commands.map((each) => [each.name(), each] as const))(
  '%s says what it does, what it takes, and what it is good for',
  ([name, command]) => {
    expect(command.summary()).toMatch(/^[a-z]/)
    for (const each of command.registeredArguments)
      expect(each.description, each.name()).not.toBe('')
    for (const each of command.options) expect(each.description, each.flags).not.toBe('')
    if (name !== 'version') expect(examplesIn(command).length).toBeGreaterThan(0)
    for (const line of examplesIn(command)) expect(line).toContain(`deploy-receiver ${name}`)
  },
)

const helpOf = (command: (typeof program.commands)[number]): string => {
  let said = ''
  command.configureOutput({ writeOut: (text) => (said += text), getOutHelpWidth: () => 80 })
  command.outputHelp()
  return said
}

function examplesIn(command: (typeof program.commands)[number]): string[] {
  const [, examples = ''] = helpOf(command).split('\nExamples:\n')
  return examples.split('\n').filter((line) => /^ {2}\S/.test(line))
}

test.for(program.commands.map((each) => [each.name(), each] as const))(
  'the help of %s fits a terminal of 80 columns, but for lines to be typed',
  ([, command]) => {
    for (const line of helpOf(command).split('\n')) {
      if (!line.startsWith('  deploy-receiver ')) expect(line.length, line).toBeLessThanOrEqual(80)
    }
  },
)

test('a help reads well at 80 columns', () => {
  const command = program.commands.find((each) => each.name() === 'rollback')
  expect(command && helpOf(command)).toMatchInlineSnapshot(`
    "Usage: deploy-receiver rollback [options] <app> [to]

    Go back to what was live before, and show the steps.

    Arguments:
      app                  an app of the config
      to                   a digest or its first digits, a deployment or a tag;
                           without it: the digest before

    Options:
      --current-settings   with all settings as the config has them now
      --release-settings   with all settings of then, rights and secrets too
      -y, --yes            do not ask: without a target, the digest before
      --json               print JSON, for programs
      -h, --help           show this

    Global Options:
      -V, --version        print the version
      -c, --config <file>  its config (default: "/etc/deploy-receiver/config.yaml")

    Examples:
      deploy-receiver rollback api
          on a terminal asks where to; else as with --yes
      deploy-receiver rollback api --yes
          the digest before; once more: the one before that
      deploy-receiver rollback api 1.4.2
          a tag that its history shows
      deploy-receiver rollback api sha256:0123456789ab
          a digest, by its first digits
    "
  `)
})

test.for(['bash', 'zsh', 'fish'])(
  'the completion of %s has all commands and options',
  async (shell) => {
    const text = printed(['completion', shell])
    for (const command of program.commands) {
      expect(text).toContain(command.name())
      for (const { long } of command.options) expect(text).toContain(long?.slice(2))
    }
  },
)

test.for(['version', 'status'])('%s loads what it needs, and nothing else', async (name) => {
  const { config, close } = await startAnswering({
    'GET /apps': { apps: [] },
    'GET /notify': { targets: [] },
    'GET /drain': { drained: false, since: null, seen: [] },
  })
  onTestFinished(close)
  const tell = `import { registerHooks } from 'node:module'
registerHooks({ load(url, context, next) { process.stderr.write(url + '\\n'); return next(url, context) } })
process.on('exit', () => process.stderr.write(process.moduleLoadList.join('\\n')))`
  const main = new URL('../../../receiver/main.ts', import.meta.url).pathname
  const hooks = `data:text/javascript,${encodeURIComponent(tell)}`
  const args = ['--import', hooks, main, '--config', config, name]
  const { stderr, status } = await new Promise<{ stderr: string; status: number }>((resolve) =>
    execFile(process.execPath, args, (error, _stdout, said) =>
      resolve({ stderr: said, status: Number(error?.code ?? 0) }),
    ),
  )
  expect(status).toBe(0)
  const loaded = new Set(
    [...stderr.matchAll(/\/node_modules\/([a-z-]+)\//g)].map(([, library]) => library),
  )
  expect(loaded).toEqual(new Set(['commander']))
  // Node's own, which an import of node:http brings along
  expect(stderr).not.toMatch(/undici|http2/)
})

test('bash completes commands, options and files', () => {
  const script = `${printed(['completion', 'bash'])}
complete_at() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _deploy_receiver; echo "\${COMPREPLY[@]}"; }
complete_at deploy-receiver hist
complete_at deploy-receiver check --st
complete_at deploy-receiver check --config /etc/host`
  const lines = execFileSync('bash', ['-c', script], { encoding: 'utf8' }).split('\n')
  expect(lines[0]).toBe('history')
  expect(lines[1]).toBe('--strict')
  expect(lines[2]?.split(' ')).toContain('/etc/hosts')
})

const printed = (words: string[]): string =>
  execFileSync(new URL('../../../bin/deploy-receiver', import.meta.url).pathname, words, {
    encoding: 'utf8',
  })
