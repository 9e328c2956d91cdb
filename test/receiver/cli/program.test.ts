import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { openProgram } from '../../../receiver/cli/program.ts'

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

function examplesIn(command: (typeof program.commands)[number]): string[] {
  let said = ''
  command.configureOutput({ writeOut: (text) => (said += text) })
  command.outputHelp()
  const [, examples = ''] = said.split('\nExamples:\n')
  return examples.split('\n').filter((line) => line !== '')
}

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
