// A plugin of Stryker. A fault that the compiler refuses could never land, so no test is asked about it. TypeScript 7
// has no interface that Stryker's own checker could use; one run of tsc over a copy of its file for each fault does.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { text } from 'node:stream/consumers'
import { type Checker, type CheckResult, CheckStatus } from '@stryker-mutator/api/check'
import type { Mutant, StrykerOptions } from '@stryker-mutator/api/core'
import { commonTokens, declareFactoryPlugin, PluginKind, tokens } from '@stryker-mutator/api/plugin'
import { ROOT, ROOTS } from './roots.ts'

/** Passed through Stryker's options: of how many faults one is planted. */
interface Options extends StrykerOptions {
  sample: number
}

export const strykerPlugins = [declareFactoryPlugin(PluginKind.Checker, 'types', createTypeCheck)]
export const strykerValidationSchema = {
  properties: { sample: { type: 'integer', minimum: 1, default: 1 } },
}

createTypeCheck.inject = tokens(commonTokens.options)
function createTypeCheck(options: StrykerOptions): Checker {
  const { sample, tempDirName } = options as Options
  return {
    init: async () => {},
    // all of them at once
    group: async (mutants) => [mutants.map(({ id }) => id)],
    async check(mutants) {
      const isWanted = ({ id }: Mutant) => Number(id) % sample === 0
      const refused = await refusedByCompiler(mutants.filter(isWanted), join(tempDirName, 'types'))
      const resultOf = (mutant: Mutant): CheckResult => {
        if (!isWanted(mutant)) return refusal('it is not in the sample')
        return refused.has(mutant.id)
          ? refusal('the compiler refuses it')
          : { status: CheckStatus.Passed }
      }
      return Object.fromEntries(mutants.map((mutant) => [mutant.id, resultOf(mutant)]))
    },
  }
}

const refusal = (reason: string): CheckResult => ({ status: CheckStatus.CompileError, reason })

/** Ids of the faults with which their own file does not compile. */
async function refusedByCompiler(
  mutants: readonly Mutant[],
  directory: string,
): Promise<ReadonlySet<string>> {
  await copySources(directory)
  try {
    for (const [file, faults] of Map.groupBy(mutants, ({ fileName }) => fileName)) {
      const beside = join(directory, relative(ROOT, file)).replace(/\.ts$/, '')
      const source = await readFile(file, 'utf8')
      await writeFile(`${beside}.mutant-none.ts`, source)
      for (const fault of faults) {
        await writeFile(`${beside}.mutant-${fault.id}.ts`, planted(source, fault))
      }
    }
    return await failedCopies(directory)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function copySources(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true })
  for (const folder of new Set(ROOTS.map((root) => root.replace(/\/.*/, '')))) {
    await cp(join(ROOT, folder), join(directory, folder), { recursive: true })
  }
  await symlink(join(ROOT, 'node_modules'), join(directory, 'node_modules'))
  await writeFile(join(directory, 'package.json'), JSON.stringify({ type: 'module' }))
  const config = { extends: join(ROOT, 'tsconfig.json'), include: ['**/*.mutant-*.ts'] }
  await writeFile(join(directory, 'tsconfig.json'), JSON.stringify(config))
}

function planted(source: string, { location: { start, end }, replacement }: Mutant): string {
  const lines = source.split('\n')
  const offset = ({ line, column }: { line: number; column: number }) =>
    lines.slice(0, line).join('\n').length + Math.min(line, 1) + column
  return source.slice(0, offset(start)) + replacement + source.slice(offset(end))
}

async function failedCopies(directory: string): Promise<ReadonlySet<string>> {
  const compiler = spawn(
    process.execPath,
    [join(ROOT, 'node_modules/typescript/bin/tsc'), '--noEmit', '--pretty', 'false'],
    { cwd: directory, stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const [output] = await Promise.all([text(compiler.stdout), once(compiler, 'close')])
  const errors = output.matchAll(/^(\S+)\.mutant-(\S+)\.ts\(/gm)
  const failed = [...errors].map(([, file, id]) => ({ file, id }))
  // a file that fails as it stands says nothing about its faults
  const broken = new Set(failed.filter(({ id }) => id === 'none').map(({ file }) => file))
  if (output !== '' && failed.length === 0) throw new Error(`tsc failed: ${output}`)
  return new Set(failed.flatMap(({ file, id }) => (broken.has(file) ? [] : (id ?? []))))
}
