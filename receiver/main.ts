import { explain, runProgram } from './cli/program.ts'

try {
  process.exitCode = await runProgram(process.argv.slice(2))
} catch (error) {
  console.error(`deploy-receiver: ${explain(error)}`)
  process.exitCode = 1
}
