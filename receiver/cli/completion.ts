import { Argument, type Command } from 'commander'
import { command, exits } from './command.ts'

/**
 * Prints what a shell has to read to complete commands, options and the names of apps.
 * @param openProgram with every command of it
 */
export const completionCommand = (openProgram: () => Promise<Command>) =>
  command('completion', 'print what a shell needs to complete commands, options and apps', [
    ['deploy-receiver completion bash > /etc/bash_completion.d/deploy-receiver', ''],
    ['deploy-receiver completion zsh > /usr/local/share/zsh/site-functions/_deploy-receiver', ''],
    ['deploy-receiver completion fish > /etc/fish/completions/deploy-receiver.fish', ''],
  ])
    .addArgument(new Argument('<shell>', 'whose').choices(Object.keys(SHELLS)))
    .action(
      exits(async (shell: string) => {
        console.log(SHELLS[shell as keyof typeof SHELLS](await describe(openProgram)))
        return 0
      }),
    )

interface Completed {
  name: string
  summary: string
  /** Whether the first word behind it is the name of an app. */
  takesApp: boolean
  options: readonly { long: string; short: string | undefined; summary: string }[]
}

async function describe(open: () => Promise<Command>): Promise<Completed[]> {
  const program = await open()
  return program.commands.map((each) => ({
    name: each.name(),
    summary: each.summary(),
    takesApp: each.registeredArguments[0]?.name() === 'app',
    options: [...each.options, ...program.options].flatMap(({ long, short, description }) =>
      long === undefined ? [] : { long, short, summary: description },
    ),
  }))
}

/** The apps that the receiver has now; nothing for who may not ask it. */
const APPS = `deploy-receiver status --json 2>/dev/null | tr '{' '\\n' | sed -n 's/^"name":"\\([a-z0-9-]*\\)",.*/\\1/p'`

const SHELLS = { bash, zsh, fish } as const

function bash(commands: readonly Completed[]): string {
  const cases = commands.map(
    ({ name, takesApp, options }) =>
      `    ${name}) words="${options.map(({ long }) => long).join(' ')} --help"; ${takesApp ? '[ "$at" -ne 2 ] || words="$words $(_deploy_receiver_apps)"' : ':'} ;;`,
  )
  return `_deploy_receiver_apps() { ${APPS}; }
_deploy_receiver() {
  local word=\${COMP_WORDS[COMP_CWORD]} at=$COMP_CWORD words
  if [ "\${COMP_WORDS[COMP_CWORD-1]}" = --config ]; then COMPREPLY=($(compgen -f -- "$word")); return; fi
  if [ "$at" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${commands.map(({ name }) => name).join(' ')} --help --version" -- "$word")); return
  fi
  case \${COMP_WORDS[1]} in
${cases.join('\n')}
    *) return ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -F _deploy_receiver deploy-receiver`
}

function zsh(commands: readonly Completed[]): string {
  const cases = commands.map(({ name, takesApp, options }) => {
    const own = options.map(({ long, summary }) =>
      quoted(`${long}[${summary.replace(/[[\]:]/g, ' ')}]`),
    )
    return `    ${name}) _arguments ${own.join(' ')}${takesApp ? ` '1:app:_deploy_receiver_apps'` : ''} ;;`
  })
  return `#compdef deploy-receiver
_deploy_receiver_apps() { compadd -- \${(f)"$(${APPS})"}; }
_deploy-receiver() {
  local -a commands
  commands=(${commands.map(({ name, summary }) => quoted(`${name}:${summary.replaceAll(':', ' ')}`)).join(' ')})
  if (( CURRENT == 2 )); then _describe command commands; return; fi
  local name=$words[2]
  shift words
  (( CURRENT-- ))
  case $name in
${cases.join('\n')}
  esac
}
compdef _deploy-receiver deploy-receiver`
}

function fish(commands: readonly Completed[]): string {
  const lines = commands.flatMap(({ name, summary, takesApp, options }) => [
    `complete -c deploy-receiver -f -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`,
    ...options.map(
      ({ long, short, summary: what }) =>
        `complete -c deploy-receiver -n '__fish_seen_subcommand_from ${name}' -l ${long.slice(2)}${short === undefined ? '' : ` -s ${short.slice(1)}`} -d ${quoted(what)}`,
    ),
    ...(takesApp
      ? [
          `complete -c deploy-receiver -f -n '__fish_seen_subcommand_from ${name}' -a "(__deploy_receiver_apps)"`,
        ]
      : []),
  ])
  return `function __deploy_receiver_apps; ${APPS}; end\n${lines.join('\n')}`
}

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`
