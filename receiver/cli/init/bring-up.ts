import { setTimeout as pause } from 'node:timers/promises'
import type { Config } from '../../config/config.ts'
import { type Finding, finding } from '../../core/finding.ts'
import type { Machine } from '../../serve/set-up.ts'
import { ask, NoReceiver } from '../ask.ts'
import { lookAtHook } from '../look-at-hook.ts'

/** A receiver looks at its engine, its store and Nginx before it answers. */
const UP_WITHIN_MS = 60_000
/** As long as a CA takes for a certificate, with time to spare. */
const PUBLIC_WITHIN_MS = 180_000
const ASK_EVERY_MS = 1000
const ANSWER_MS = 10_000

/**
 * Has the receiver run with this config, and looks at it from outside in: its public URL, and a hook that is a test. Nothing is
 * started before its names lead somewhere, for a CA counts what fails.
 * @param say is told what takes its time
 */
export async function bringUp(
  app: string,
  config: Config,
  {
    machine,
    say,
  }: { machine: Pick<Machine, 'wayIn' | 'hasUnit' | 'startUnit'>; say: (text: string) => void },
): Promise<Finding[]> {
  const wayIn = await machine.wayIn(config)
  if (wayIn.some(({ ok }) => !ok)) return [...wayIn, await later('set right what fails here')]

  if (await answers(config.socket)) await ask(config.socket, '/reload', 'POST')
  else if (await machine.hasUnit()) {
    say('systemd starts the receiver')
    await machine.startUnit()
    if (!(await waitFor(() => answers(config.socket), UP_WITHIN_MS)))
      return [...wayIn, await silent()]
  } else return [...wayIn, await later('deploy-receiver serve')]

  const { url, socket } = config
  say(`waiting for ${url}${url.startsWith('https:') ? ', and for its certificate' : ''}`)
  await waitFor(async () => (await isPublic(url)) || (await hasFailed(socket)), PUBLIC_WITHIN_MS)
  const { checks } = (await ask(socket, '/doctor')) as { checks: Finding[] }
  const found = await lookAtHook(app, socket)
  return [...checks, ...found.filter(({ what }) => checks.every((each) => each.what !== what))]
}

/** Whether a release of the app is live, as when the same `init` is given once more. */
export async function isLive(app: string, socket: string): Promise<boolean> {
  try {
    const { live } = (await ask(socket, `/apps/${app}`)) as { live: object | null }
    return live !== null
  } catch (error) {
    if (error instanceof NoReceiver) return false
    throw error
  }
}

async function answers(socket: string): Promise<boolean> {
  try {
    await ask(socket, '/apps')
    return true
  } catch (error) {
    if (error instanceof NoReceiver) return false
    throw error
  }
}

async function isPublic(url: string): Promise<boolean> {
  try {
    const answer = await fetch(`${url}/healthz`, {
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_MS),
    })
    await answer.body?.cancel()
    return answer.ok
  } catch {
    return false
  }
}

/** Whether no certificate will come for now. */
async function hasFailed(socket: string): Promise<boolean> {
  const { checks } = (await ask(socket, '/certificates')) as { checks: Finding[] }
  return checks.some(({ ok }) => !ok)
}

async function waitFor(isSo: () => Promise<boolean>, withinMs: number): Promise<boolean> {
  const began = performance.now()
  while (!(await isSo())) {
    if (performance.now() - began > withinMs) return false
    await pause(ASK_EVERY_MS)
  }
  return true
}

const later = (what: string) =>
  finding('receiver', () => ({
    message: 'it does not run yet, so nothing was looked at from outside',
    hint: `${what}, then give the same deploy-receiver init again: it looks, and writes nothing twice`,
  }))

const silent = () =>
  finding('receiver', () => {
    throw Object.assign(new Error('systemd started it, and it does not answer'), {
      hint: '`journalctl -u deploy-receiver -n 30` says why',
    })
  })
