import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openWorkspace } from '../../test/support/workspace.ts'
import { type Play, PLAYS, ROWS, WITHOUT_RECEIVER } from './plays.ts'
import { prepare, type Scene } from './scene.ts'
import { drawScreen } from './svg.ts'
import { openTerminal, type Terminal } from './terminal.ts'

const ROOT = join(import.meta.dirname, '../..')
const SCREENS = join(ROOT, 'out/terminal')
const IMAGES = join(ROOT, 'docs/images')
const WIDTHS = [80, 40]
/** The plays that the README shows, and at which width. */
const PICTURES = new Set(['deploy', 'why'])
const OF_PICTURES = 80

const USAGE = `usage: script/terminal [width …] [screen …]

  script/terminal                 all screens, at 80 and at 40 columns
  script/terminal 80 deploy why   two of them: what they build upon has to be named, too`

/** Plays all of it, at each width; gives the names of the screens with a line of ours that the terminal broke. */
async function screens(widths: readonly number[], names: readonly string[]): Promise<string[]> {
  const workspace = openWorkspace()
  process.env['TMPDIR'] = workspace.dir
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void workspace.close().finally(() => process.exit(1)))
  }
  const broken: string[] = []
  try {
    const scene = await prepare(workspace)
    const play = async (plays: readonly Play[]) => {
      for (const columns of widths) {
        const terminal = await openTerminal({
          socket: join(workspace.dir, 'tmux'),
          columns,
          rows: ROWS,
          env: { PATH: `${scene.bin}:${process.env['PATH']}`, PS1: '$ ' },
        })
        try {
          for (const each of plays) {
            if (names.length > 0 && !names.includes(each.name)) continue
            if (!(await keep(each, terminal, scene))) broken.push(`${each.name}.${columns}`)
          }
        } finally {
          await terminal.close()
        }
      }
    }
    await play(PLAYS)
    await scene.vm.receiver().stop()
    await play(WITHOUT_RECEIVER)
  } finally {
    await workspace.close()
  }
  return broken
}

/** Whether no line of ours was too long. */
async function keep({ name, play, after, mayBreak }: Play, terminal: Terminal, scene: Scene) {
  await terminal.clear()
  if (typeof play === 'function') await play(terminal, scene)
  else for (const line of play) await terminal.enter(line)
  const screen = await terminal.screen()
  // what was typed may be longer than the terminal
  const typed = (await terminal.text()).split('\n').filter((line) => line.startsWith('$ '))
  const own = typed.reduce((sum, line) => sum + Math.ceil(line.length / terminal.columns) - 1, 0)
  const isWhole = mayBreak === true || (await terminal.brokenLines()) <= own
  mkdirSync(SCREENS, { recursive: true })
  writeFileSync(join(SCREENS, `${name}.${terminal.columns}.txt`), `${screen}\n`)
  if (PICTURES.has(name) && terminal.columns === OF_PICTURES) draw(name, screen, scene)
  console.log(`${isWhole ? 'ok    ' : 'broken'}  ${name}.${terminal.columns}`)
  await after?.(terminal, scene)
  return isWhole
}

/** Ports of this run are no use to a reader. */
function draw(name: string, screen: string, { vm, registry }: Scene): void {
  const text = screen.replaceAll(registry.host, 'ghcr.io').replaceAll(`.com:${vm.sites}`, '.com')
  const lines = text.split('\n').slice(0, -1)
  mkdirSync(IMAGES, { recursive: true })
  writeFileSync(join(IMAGES, `${name}.svg`), drawScreen(lines, OF_PICTURES))
}

const { values, positionals } = parseArgs({
  options: { help: { type: 'boolean', short: 'h' } },
  allowPositionals: true,
})
const widths = positionals.flatMap((word) => (/^\d+$/.test(word) ? Number(word) : []))
const names = positionals.filter((word) => !/^\d+$/.test(word))
const broken =
  values.help === true
    ? (console.log(USAGE), [])
    : await screens(widths.length > 0 ? widths : WIDTHS, names)
if (broken.length > 0) {
  console.error(`the terminal broke lines of: ${broken.join(', ')}`)
  process.exitCode = 1
}
