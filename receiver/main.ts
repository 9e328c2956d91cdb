import { explain, runProgram } from './cli/program.ts'
import { prefixOf } from './journal-stream.ts'

// it is for this process alone, and for none that it starts
delete process.env['NODE_COMPILE_CACHE']

// `head` has seen enough; what was begun goes on by itself
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(process.exitCode)
})

void main()

async function main(): Promise<void> {
  try {
    process.exitCode = await runProgram(process.argv.slice(2))
  } catch (error) {
    const prefix = prefixOf(2, process.env)('error')
    // of a text of several lines, the journal makes as many entries
    const lines = `deploy-receiver: ${explain(error)}`.split('\n')
    const { complain } = await import('./cli/print.ts')
    complain(lines.map((line) => `${prefix}${line}`).join('\n'))
    process.exitCode = 1
  }
}
