import { vi } from 'vitest'
import { runCommand } from '../../receiver/commands.ts'

export interface Ran {
  code: number
  stdout: string
  stderr: string
}

/**
 * Runs a command of the program as an operator would, but in this process, which takes a tenth of the time; one after the
 * other. Where the process is what a test is about, it starts one.
 */
export async function operate(
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  let [stdout, stderr] = ['', '']
  const spies = [
    vi.spyOn(console, 'log').mockImplementation((text: string) => void (stdout += `${text}\n`)),
    vi.spyOn(console, 'error').mockImplementation((text: string) => void (stderr += `${text}\n`)),
  ]
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
  try {
    return { code: await runCommand([...words]), stdout, stderr }
  } finally {
    vi.unstubAllEnvs()
    for (const spy of spies) spy.mockRestore()
  }
}
