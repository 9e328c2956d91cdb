import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import type Docker from 'dockerode'
import type { Exec } from 'dockerode'
import type { ContainerEngine, TestResult } from '../../core/slots/ports.ts'
import { printable } from '../printable.ts'
import { OUTPUT_BYTES } from './containers.ts'
import { translate } from './errors.ts'
import { payloadsOf } from './frames.ts'
import { retryReads } from './retry-reads.ts'

/** With the headers of its frames, of which each line may have one. */
const KEPT_BYTES = 8 * OUTPUT_BYTES
/** More is no test, and is not read to its end. */
const MOST_BYTES = 64 * 1024 * 1024
const LOOK_MS = 50

/**
 * Runs tests of HEALTHCHECKs in containers, as the engine does: with the container's user, environment and folder. Docker has no
 * way to end what was started so; of each container the one that did not end in its time is remembered, and waited for.
 */
export function createTests(docker: Docker): ContainerEngine['runTest'] {
  const unended = new Map<string, Exec>()
  return async (name, test, { timeoutMs, signal }) => {
    try {
      const before = unended.get(name)
      if (before !== undefined && (await isRunning(before))) return UNENDED
      unended.delete(name)
      const exec = await docker.getContainer(name).exec({
        Cmd: commandOf(test),
        AttachStdout: true,
        AttachStderr: true,
      })
      unended.set(name, exec)
      const until = AbortSignal.any([signal, AbortSignal.timeout(Math.ceil(timeoutMs))])
      const output = await outputOf(exec, until)
      const exitCode = await endOf(exec, until)
      signal.throwIfAborted()
      if (exitCode !== undefined) unended.delete(name)
      return { exitCode, output }
    } catch (error) {
      signal.throwIfAborted()
      throw translate(error, 'cannot run the test of its HEALTHCHECK', 'start_failed')
    }
  }
}

const UNENDED: TestResult = { exitCode: undefined, output: '' }

/** As a program with its arguments; what was written as one text is a shell's. */
const commandOf = ([kind, ...words]: readonly string[]): string[] =>
  kind === 'CMD-SHELL' ? ['/bin/sh', '-c', ...words] : words

async function isRunning(exec: Exec): Promise<boolean> {
  // what is not known any more ended with its container
  return exec.inspect().then(
    ({ Running }) => Running,
    () => false,
  )
}

/**
 * The beginning of what it prints, until its end or the signal. All of it is read, also after that: a program of whose output
 * nobody reads the rest has failed, to Docker, and counts as ended.
 */
async function outputOf(exec: Exec, until: AbortSignal): Promise<string> {
  const stream = (await exec.start({})) as Readable
  const chunks: Buffer[] = []
  let bytes = 0
  stream.on('data', (chunk: Buffer) => {
    if (bytes < KEPT_BYTES) chunks.push(chunk)
    bytes += chunk.byteLength
    if (bytes > MOST_BYTES) stream.destroy()
  })
  const closed = new Promise((resolve) => stream.on('error', resolve).once('close', resolve))
  await Promise.race([closed, aborted(until)])
  return printable(await buffer(payloadsOf(Readable.from(chunks))), OUTPUT_BYTES)
}

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })

/** Its exit code; `undefined` when the signal came first. */
async function endOf(exec: Exec, until: AbortSignal): Promise<number | undefined> {
  for (;;) {
    const { Running, ExitCode } = await retryReads(() => exec.inspect())
    if (!Running && ExitCode !== null) return ExitCode
    if (until.aborted) return undefined
    await pause(LOOK_MS, undefined, { signal: until }).catch(() => {})
  }
}
