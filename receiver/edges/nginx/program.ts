import { basename } from 'node:path'
import { DeployError } from '../../core/errors.ts'
import { CommandError, runCommand } from './command.ts'
import {
  accessLogs,
  blocksOf,
  readDump,
  type ServerBlock,
  serverBlocks,
} from './ask/server-blocks.ts'
import { type Telling, whoTells } from './ask/who-tells.ts'
import { type Features, featuresIn, OLDEST } from './features.ts'

/** How Nginx is reached, and where its files are: `nginx` of the config. */
export interface NginxSettings {
  directory: string
  test: string
  reload: string
  listen: readonly string[]
  /** `listen` of sites with TLS; none by default. */
  listenTls?: readonly string[]
  /** Whether what comes begins with a line of the PROXY protocol. */
  proxyProtocol?: boolean
}

/** Nginx itself, by the config's commands. */
export interface Program {
  /** Has it test its files. Resolves to what it warns of. Throws `nginx_failed`. */
  test(): Promise<readonly string[]>
  /** Rejects with `CommandError`. */
  reload(): Promise<void>
  /** How the last reload ended, as long as that may be news. */
  lastReload(): 'taken' | 'failed' | undefined
  /** The server blocks that it reads; `undefined` when the command cannot be made to say, or fails. */
  serverBlocks(): Promise<ServerBlock[] | undefined>
  /**
   * The server blocks, and the values of each `access_log` of all sites that stands in no file of this name, by one call;
   * `undefined` as before.
   */
  reads(ours: string): Promise<{ blocks: ServerBlock[]; logs: (readonly string[])[] } | undefined>
  /** At which places of its files the receiver is told of requests, at this port; `undefined` as before. */
  whoTells(port: number): Promise<Telling[] | undefined>
  /** What it has; of one that cannot be made to say, what the oldest one has. It is asked once a minute, and an answer is good until the next. */
  features(): Promise<Features>
  /** The command by which it is reached, when it may have another network than this machine: its ports need not be ours. */
  elsewhere: string | undefined
}

const REACHES_ELSEWHERE =
  /(?:^|[\s/])(?:docker|podman|nerdctl|kubectl|lxc|ssh|nsenter|machinectl)\s/

/** A reload is done when new workers run. Reading the files, which the command does too, is what takes its time. */
const TAKES_MS = 3000
const TAKES_TIMES = 10
/** Long enough for many apps that ask at once to go by one attempt. */
const FAILED_MS = 1000

/** It may be another Nginx after an upgrade of the system. */
const FEATURES_FOR_MS = 60_000

const SHOWN_WARNINGS = 10
const MAX_WARNING_CHARACTERS = 300

/** The shell's exit status for it. */
const COMMAND_NOT_FOUND = 127

/** Directives of ours that an Nginx may be built without. */
const WITHOUT = /unknown directive "(?:geo"|limit_req)/

export function createProgram(nginx: Pick<NginxSettings, 'test' | 'reload'>): Program {
  let last: { ended: 'taken' | 'failed'; until: number } | undefined
  let known: { features: Features; until: number } | undefined
  return {
    elsewhere: REACHES_ELSEWHERE.test(nginx.reload) ? nginx.reload : undefined,
    async test() {
      try {
        const { stderr, stdout } = await runCommand(nginx.test)
        // on a terminal they are one: `docker exec -t`
        return warningsIn(`${stderr}\n${stdout}`)
      } catch (cause) {
        throw new DeployError('nginx_failed', cause instanceof Error ? cause.message : '', {
          hint: remedyOf(cause),
          cause,
        })
      }
    },
    async reload() {
      const began = performance.now()
      try {
        await runCommand(nginx.reload)
        const now = performance.now()
        last = { ended: 'taken', until: now + TAKES_MS + TAKES_TIMES * (now - began) }
      } catch (error) {
        last = { ended: 'failed', until: performance.now() + FAILED_MS }
        throw error
      }
    },
    lastReload: () =>
      last !== undefined && performance.now() < last.until ? last.ended : undefined,
    async serverBlocks() {
      // `-T` tests as `-t` does, and prints all that it read
      const said = await insteadOfTest(nginx.test, '-T')
      return said === undefined ? undefined : serverBlocks(said.stdout)
    },
    async reads(ours) {
      const said = await insteadOfTest(nginx.test, '-T')
      const dump = said === undefined ? undefined : readDump(said.stdout)
      if (dump === undefined) return undefined
      return { blocks: blocksOf(dump), logs: accessLogs(dump, (file) => basename(file) === ours) }
    },
    async whoTells(port) {
      const said = await insteadOfTest(nginx.test, '-T')
      return said === undefined ? undefined : whoTells(said.stdout, port)
    },
    async features() {
      if (known !== undefined && performance.now() < known.until) return known.features
      const said = await insteadOfTest(nginx.test, '-V')
      // one that says nothing now, on a busy machine, is the one that it was: another answer would change every site
      if (said === undefined) return known?.features ?? OLDEST
      const features = featuresIn(`${said.stderr}\n${said.stdout}`)
      known = { features, until: performance.now() + FEATURES_FOR_MS }
      return features
    },
  }
}

function remedyOf(cause: unknown): string {
  if (cause instanceof CommandError && cause.exitCode === COMMAND_NOT_FOUND)
    return 'install Nginx, or set nginx.test and nginx.reload to how it is called here'
  if (cause instanceof Error && WITHOUT.test(cause.message))
    return 'this Nginx was built without it (`nginx -V`): install one with all of its own modules, as the packages nginx or nginx-core have'
  return 'correct the file and line that it names: until then Nginx goes on with what it had, takes no change, and would not start again'
}

/**
 * What Nginx says when it is called as for a test, with another option than `-t`: of several that is the last one, as in
 * `docker exec -t web nginx -t`. `undefined` when there is none, or it fails.
 */
async function insteadOfTest(
  test: string,
  option: '-T' | '-V',
): Promise<{ stdout: string; stderr: string } | undefined> {
  const command = test.replace(/^(.*\s)-t(?=\s|$)/, `$1${option}`)
  return command === test ? undefined : runCommand(command).catch(() => undefined)
}

/** What `nginx -t` warns of and takes all the same, each once. */
function warningsIn(said: string): string[] {
  const warnings = said.split(/\r?\n/).flatMap((line) => {
    const at = line.indexOf('[warn] ')
    return at === -1 ? [] : [line.slice(at + '[warn] '.length).slice(0, MAX_WARNING_CHARACTERS)]
  })
  return [...new Set(warnings)].slice(0, SHOWN_WARNINGS)
}
