// Writes the man page, and the commands in docs/cli.md, from what the help is made of. With --check it only says whether they are right.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Command } from 'commander'
import { format, resolveConfig } from 'prettier'
import { examplesOf } from '../receiver/cli/command.ts'
import { openProgram } from '../receiver/cli/program.ts'
import { VERSION } from '../receiver/version.ts'

const ROOT = join(import.meta.dirname, '..')
const MAN = join(ROOT, 'man/deploy-receiver.1')
const DOC = join(ROOT, 'docs/cli.md')
const BEGIN = '<!-- from the commands, by npm run man -->'
const END = '<!-- end of the commands -->'

const program = await openProgram()
const page = manPage(program)
const doc = await readFile(DOC, 'utf8')
const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } })
for (const [file, before, after] of [
  [MAN, await readFile(MAN, 'utf8').catch(() => ''), page],
  [DOC, doc, await withCommands(doc)],
] as const) {
  if (!values.check) await writeFile(file, after)
  else if (after !== before) {
    console.error(`${file} is not what the commands say: run npm run man`)
    process.exitCode = 1
  }
}

/** What a command line of it looks like: `rollback [options] <app> [to]`. */
function usageOf(command: Command): string {
  return `${command.name()} ${command.usage()}`.trim()
}

function manPage(of: Command): string {
  return [
    `.TH DEPLOY\\-RECEIVER 1 "" "deploy\\-receiver ${roff(VERSION)}"`,
    '.SH NAME',
    'deploy\\-receiver \\- runs what was pushed, behind Nginx',
    '.SH SYNOPSIS',
    `.B deploy\\-receiver\n.RI [ options ] " command " [ arguments ]`,
    '.SH OPTIONS',
    'Before or behind every command.',
    ...manOptions(of),
    '.SH COMMANDS',
    ...of.commands.flatMap((each) => [
      `.SS ${roff(usageOf(each))}`,
      roff(each.description()),
      ...each.registeredArguments.flatMap((word) => [
        `.TP\n.I ${roff(word.name())}`,
        roff(word.description),
      ]),
      ...manOptions(each),
      ...examplesOf(each).flatMap(([line, what]) => [
        ...(what === '' ? ['.PP'] : ['.PP', roff(`${sentence(what)}:`)]),
        `.PP\n.RS 4\n.nf\n${roff(line)}\n.fi\n.RE`,
      ]),
    ]),
    '.SH EXIT STATUS',
    '.TP\n.B 0\nDone.\n.TP\n.B 1\nFailed; the reason and what to do stand on standard error.\n.TP\n.B 2\nWrong usage.\n.TP\n.B 130\nEnded by Ctrl\\-C.',
    '.SH ENVIRONMENT',
    '.TP\n.B NO_COLOR\nNo colours.\n.TP\n.B FORCE_COLOR\nColours also without a terminal.',
    '.SH FILES',
    '.TP\n.I /etc/deploy\\-receiver/config.yaml\nThe config.\n.TP\n.I /run/deploy\\-receiver/deploy\\-receiver.sock\nThe local socket over which the commands ask the running receiver.',
    '',
  ].join('\n')
}

function manOptions(of: Command): string[] {
  return of.options.flatMap(({ flags, description }) => [
    `.TP\n.B ${roff(flags)}`,
    roff(`${sentence(description)}.`),
  ])
}

/** A text that roff takes as it is: neither an escape, nor a request, nor a hyphen for a minus. */
function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll("'", '\\(aq')
    .replaceAll('…', '...')
    .replace(/^\./gm, '\\&.')
}

function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`
}

async function withCommands(text: string): Promise<string> {
  const [start, end] = [text.indexOf(BEGIN), text.indexOf(END)]
  if (start === -1 || end === -1) throw new Error(`docs/cli.md has no "${BEGIN}" … "${END}"`)
  const sections = program.commands.map((each) =>
    [
      `### ${each.name()}`,
      each.description(),
      `\`\`\`\ndeploy-receiver ${usageOf(each)}\n\`\`\``,
      [
        ...each.registeredArguments.map(
          (word) =>
            `- \`${word.required ? `<${word.name()}>` : `[${word.name()}]`}\`: ${word.description}`,
        ),
        ...each.options.map(({ flags, description }) => `- \`${flags}\`: ${description}`),
      ].join('\n'),
      ...(examplesOf(each).length === 0
        ? []
        : [
            `\`\`\`sh\n${examplesOf(each)
              .map(([line, what]) => (what === '' ? line : `${line} # ${what}`))
              .join('\n')}\n\`\`\``,
          ]),
    ]
      .filter((part) => part !== '')
      .join('\n\n'),
  )
  return format(
    `${text.slice(0, start)}${BEGIN}\n\n${sections.join('\n\n')}\n\n${text.slice(end)}`,
    {
      ...(await resolveConfig(DOC)),
      parser: 'markdown',
    },
  )
}
