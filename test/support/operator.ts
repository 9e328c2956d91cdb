import { vi } from 'vitest'
import { explain, runProgram } from '../../receiver/cli/program.ts'

export interface Ran {
  code: number
  stdout: string
  stderr: string
}

/**
 * Runs a command of the program as an operator would, but in this process, which takes a tenth of the time; one after the
 * other. Where the process is what a test is about, it starts one.
 * @param columns of the terminal that it takes the output for; absent: for a pipe
 */
export async function operate(
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
  columns?: number,
): Promise<Ran> {
  const { exitCode } = process
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
  const isTTY = columns !== undefined
  const before = { isTTY: process.stdout.isTTY, columns: process.stdout.columns }
  Object.assign(process.stdout, { isTTY, columns })
  try {
    process.exitCode = 0
    const { result = 1, error, stdout, stderr } = await capture(() => runProgram(words))
    const refusal = error === undefined ? '' : `deploy-receiver: ${explain(error)}\n`
    return { code: result, stdout, stderr: `${stderr}${refusal}` }
  } finally {
    process.exitCode = exitCode
    Object.assign(process.stdout, before)
    vi.unstubAllEnvs()
  }
}

/** What a part of a command prints, and what it comes to. */
export async function capture<T>(
  work: () => Promise<T>,
): Promise<{ stdout: string; stderr: string; result?: T; error?: unknown }> {
  let [stdout, stderr] = ['', '']
  const spies = [
    vi.spyOn(console, 'log').mockImplementation((text = '') => void (stdout += `${text}\n`)),
    vi.spyOn(console, 'error').mockImplementation((text: string) => void (stderr += `${text}\n`)),
    // wrong usage, and help
    vi
      .spyOn(process.stdout, 'write')
      .mockImplementation((text) => Boolean((stdout += String(text)))),
    vi
      .spyOn(process.stderr, 'write')
      .mockImplementation((text) => Boolean((stderr += String(text)))),
  ]
  try {
    const result = await work()
    return { result, stdout, stderr }
  } catch (error) {
    return { error, stdout, stderr }
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
}
