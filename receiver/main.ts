import { explain, runProgram } from './cli/program.ts'

// it is for this process alone, and for none that it starts
delete process.env['NODE_COMPILE_CACHE']

try {
  process.exitCode = await runProgram(process.argv.slice(2))
} catch (error) {
  console.error(`deploy-receiver: ${explain(error)}`)
  process.exitCode = 1
}
