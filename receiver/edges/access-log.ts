import { createSocket } from 'node:dgram'
import type { Report } from '../core/log.ts'
import type { Visit } from '../core/traffic/traffic.ts'

/** More than a small machine's Nginx serves; whatever is beyond costs next to nothing. */
const MOST_LINES_A_SECOND = 20_000
const MOST_BYTES = 700
/** For what comes while the process does something else. */
const BUFFER_BYTES = 1 << 20

/** Why nothing is heard, and what to do about it. */
export interface Deaf {
  message: string
  hint: string
}

export interface AccessLog {
  /** Lines that were none of Nginx's, and those that were too many. */
  ignored(): number
  whyDeaf(): Deaf | undefined
  close(): Promise<void>
}

/**
 * Hears what Nginx tells of each request, by UDP on this machine. Anybody on it may send, so a line is short and has one form, and
 * so many of them are read in a second; nothing is kept of one. When the port is taken, that is reported, and nothing is heard.
 * @param hear has Nginx tell of requests for as long as it hears
 */
export function hearAccessLog(
  port: number,
  take: (visit: Visit) => void,
  { hear, report, nowMs }: { hear(isOn: boolean): void; report: Report; nowMs(): number },
): AccessLog {
  let ignored = 0
  let deaf: Deaf | undefined
  let second = -1
  let lines = 0
  const socket = createSocket({ type: 'udp4', recvBufferSize: BUFFER_BYTES })
  socket.on('message', (message) => {
    const now = Math.floor(nowMs() / 1000)
    if (now !== second) {
      second = now
      lines = 0
    }
    lines += 1
    const visit =
      lines > MOST_LINES_A_SECOND || message.byteLength > MOST_BYTES
        ? undefined
        : readLine(message.toString('latin1'))
    if (visit === undefined) ignored += 1
    else take(visit)
  })
  const fail = (error: Error) => {
    endHearing(hear)
    const what = `Nginx cannot tell of requests at 127.0.0.1:${port} by UDP: apps have no figures`
    const isTaken = 'code' in error && error.code === 'EADDRINUSE'
    deaf = { message: `${what} (${error.message})`, hint: isTaken ? taken(port) : ANEW }
    report(what, { error })
  }
  socket.on('error', fail)
  socket.once('listening', () => {
    try {
      hear(true)
    } catch (error) {
      fail(error as Error)
    }
  })
  const ended = new Promise<void>((resolve) => socket.once('close', resolve))
  socket.bind({ address: '127.0.0.1', port, exclusive: true })
  return {
    ignored: () => ignored,
    whyDeaf: () => deaf,
    close() {
      endHearing(hear)
      socket.close()
      return ended
    },
  }
}

const taken = (port: number) =>
  `\`ss -lunp 'sport = :${port}'\` shows what has it: stop that, or give \`listen\` another port, and restart deploy-receiver`
const ANEW = 'deploy-receiver hears again when it is restarted; the log has what went wrong'

/** Has Nginx send nothing, also when a crash left it sending. If that cannot be had, it costs lines in its log, and nothing else. */
export function endHearing(hear: (isOn: boolean) => void): void {
  try {
    hear(false)
  } catch {
    // the folder is no longer to be had, and with it whatever Nginx looks up there
  }
}

/** As `render/traffic.ts` has it, behind what syslog puts before it. */
const LINE =
  /^<\d{1,3}>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d deploy_receiver: (\S{1,300}) (\S{1,80}) ([1-5]\d\d) ([-\d., :]{1,200})$/
const SLOT = /^([a-z0-9-]{1,63})_(?:blue|green|service)$/

/** What a line says; `undefined` when it is not of this form. */
export function readLine(line: string): Visit | undefined {
  const [, asked = '', chosen = '', status = '', times = ''] = LINE.exec(line) ?? []
  // a question to another app on the way (`auth_request`) may have chosen that one's slot
  const app = SLOT.exec(asked)?.[1] ?? SLOT.exec(chosen)?.[1]
  if (app === undefined) return undefined
  // one for each slot that was tried
  const tried = times.match(/\d{1,9}\.\d{1,3}/g)?.map(Number) ?? []
  const seconds = tried.reduce((sum, each) => sum + each, 0)
  return { app, status: Number(status), ...(tried.length === 0 ? {} : { seconds }) }
}
