import { execFile } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A real terminal, with a shell in it. */
export interface Terminal {
  columns: number
  /** Types a line and Enter, and waits for the prompt, or for a text that a command which goes on shows. */
  enter(line: string, until?: string): Promise<void>
  /** Presses a key as tmux names it: `Down`, `C-c`. */
  press(key: string, until?: string): Promise<void>
  /** Waits until it shows a text. */
  shows(text: string): Promise<void>
  resize(columns: number, rows: number): Promise<void>
  /** How many lines it broke because they were too long for it. */
  brokenLines(): Promise<number>
  /** What it shows, with its colours. */
  screen(): Promise<string>
  /** The same without colours, and where it broke a line that was too long for it, that is whole. */
  text(): Promise<string>
  /** An empty one again, with a prompt. */
  clear(): Promise<void>
  close(): Promise<void>
}

const PROMPT = '$'
const linesOf = (text: string) => text.split('\n').filter((line) => line.trim() !== '').length
/** Whatever hangs is not waited for longer, also on a machine that is busy. */
const DEADLINE_MS = 90_000
const LOOK_MS = 50

/** Opens one in a tmux server of its own, whose socket is `socket`. */
export async function openTerminal({
  socket,
  columns,
  rows,
  env,
}: {
  socket: string
  columns: number
  rows: number
  env: Readonly<Record<string, string>>
}): Promise<Terminal> {
  const tmux = async (...words: string[]) =>
    (await run('tmux', ['-S', socket, '-f', '/dev/null', ...words])).stdout
  const shell = ['env', ...Object.entries(env).map(([name, value]) => `${name}=${value}`)]
  const size = ['-x', String(columns), '-y', String(rows)]
  await tmux('new-session', '-d', ...size, ...shell, 'bash', '--norc', '--noprofile', '-i')

  const text = async () => (await tmux('capture-pane', '-J', '-p')).trimEnd()
  const lastLine = async () => (await text()).split('\n').at(-1)?.trimEnd() ?? ''
  async function waitFor(isSo: () => Promise<boolean>, what: string): Promise<void> {
    const end = performance.now() + DEADLINE_MS
    while (!(await isSo())) {
      if (performance.now() > end) throw new Error(`${what} did not come:\n${await text()}`)
      await pause(LOOK_MS)
    }
  }
  const shows = (wanted: string) =>
    waitFor(async () => (await text()).includes(wanted), JSON.stringify(wanted))
  const after = (until: string | undefined) =>
    until === undefined
      ? waitFor(async () => (await lastLine()) === PROMPT, 'the prompt')
      : shows(until)

  await after(undefined)
  return {
    columns,
    async enter(line, until) {
      await tmux('send-keys', '-l', '--', line)
      await waitFor(async () => (await lastLine()) === `${PROMPT} ${line}`, 'what was typed')
      await tmux('send-keys', 'Enter')
      await after(until)
    },
    async press(key, until) {
      await tmux('send-keys', key)
      await after(until)
    },
    shows,
    async resize(width, height) {
      await tmux('resize-window', '-x', String(width), '-y', String(height))
    },
    screen: async () => (await tmux('capture-pane', '-e', '-p')).trimEnd(),
    brokenLines: async () => {
      const [shown, whole] = [await tmux('capture-pane', '-p'), await text()]
      return linesOf(shown) - linesOf(whole)
    },
    text,
    async clear() {
      await tmux('send-keys', 'C-l')
      await waitFor(async () => (await text()) === PROMPT, 'an empty screen')
    },
    async close() {
      await tmux('kill-server').catch(() => {})
    },
  }
}
