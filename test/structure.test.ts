import { execFile } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..')

test('every test of sources lies in a folder that they have too', () => {
  const tests = globSync('test/{protocol,receiver,action}/**/*.test.ts', { cwd: ROOT })
  const folders = new Set(tests.map((file) => relative('test', dirname(file))))
  expect(folders.size).toBeGreaterThan(10)
  expect([...folders].filter((folder) => !existsSync(join(ROOT, folder)))).toEqual([])
})

/** The files, of those that hold one import each, of which the linter refuses it by this rule. */
async function refused(
  rule: 'no-restricted-imports' | 'import/no-cycle',
  imports: readonly (readonly [file: string, from: string])[],
): Promise<string[]> {
  const directory = mkdtempSync(join(tmpdir(), 'structure-'))
  try {
    copyFileSync(join(ROOT, '.oxlintrc.json'), join(directory, '.oxlintrc.json'))
    for (const [file, from] of imports) {
      mkdirSync(join(directory, dirname(file)), { recursive: true })
      writeFileSync(join(directory, file), `import { a } from '${from}'\nexport const b = a\n`)
    }
    const args = ['--format', 'json', '--allow', 'all', '--deny', rule, '.']
    const oxlint = join(ROOT, 'node_modules/.bin/oxlint')
    const { stdout } = await promisify(execFile)(oxlint, args, { cwd: directory }).catch(
      (error: unknown) => error as { stdout: string },
    )
    const { diagnostics } = JSON.parse(stdout) as { diagnostics: { filename: string }[] }
    return [...new Set(diagnostics.map(({ filename }) => filename))].toSorted()
  } finally {
    rmSync(directory, { recursive: true })
  }
}

test('an import that goes up, or into another edge, is refused', async () => {
  const wrong = [
    ['protocol/a.ts', '../receiver/core/errors.ts'],
    ['protocol/registries/a.ts', '../../receiver/core/errors.ts'],
    ['protocol/b.ts', '../action/error.ts'],
    ['action/a.ts', '../receiver/core/errors.ts'],
    ['action/registries/a.ts', '../../receiver/core/errors.ts'],
    ['receiver/core/a.ts', '../config/config.ts'],
    ['receiver/core/slots/a.ts', '../../edges/clock.ts'],
    ['receiver/core/b.ts', 'node:fs'],
    ['receiver/core/c.ts', '@sigstore/verify'],
    ['receiver/config/a.ts', '../edges/clock.ts'],
    ['receiver/http/a.ts', '../edges/clock.ts'],
    ['receiver/http/read/a.ts', '../../config/config.ts'],
    ['receiver/cli/a.ts', '../edges/clock.ts'],
    ['receiver/cli/b.ts', '../serve/serve.ts'],
    ['receiver/cli/check-config.ts', '../edges/docker/engine.ts'],
    ['receiver/cli/doctor.ts', '../edges/docker/engine.ts'],
    ['receiver/edges/a.ts', '../http/app.ts'],
    ['receiver/edges/b.ts', './docker/engine.ts'],
    ['receiver/edges/docker/a.ts', '../../config/config.ts'],
    ['receiver/edges/docker/b.ts', '../registry/failures.ts'],
    ['receiver/edges/docker/c.ts', '../../main.ts'],
    ['receiver/edges/nginx/a.ts', '../docker/engine.ts'],
    ['receiver/edges/nginx/room/a.ts', '../../docker/engine.ts'],
    ['receiver/edges/registry/a.ts', '../docker/engine.ts'],
    ['receiver/edges/another/a.ts', '../docker/engine.ts'],
  ] as const
  const files = wrong.map(([file]): string => file)
  expect(await refused('no-restricted-imports', wrong)).toEqual(files.toSorted())
})

test('an import that goes down, or that an edge may have, is not', async () => {
  const right = [
    ['protocol/a.ts', './hook.ts'],
    ['protocol/registries/a.ts', '../image-reference.ts'],
    ['action/a.ts', '../protocol/hook.ts'],
    ['receiver/core/slots/a.ts', '../image/pull.ts'],
    ['receiver/core/a.ts', '../../protocol/hook.ts'],
    ['receiver/config/a.ts', '../core/app.ts'],
    ['receiver/http/read/a.ts', '../../core/app.ts'],
    ['receiver/cli/a.ts', '../config/socket.ts'],
    ['receiver/cli/serve-until-told.ts', '../serve/serve.ts'],
    ['receiver/cli/doctor.ts', '../serve/doctor/doctor-alone.ts'],
    ['receiver/cli/check-config.ts', '../edges/docker/connect.ts'],
    ['receiver/edges/a.ts', './durable.ts'],
    ['receiver/edges/docker/a.ts', '../json.ts'],
    ['receiver/edges/docker/b.ts', '../../core/image/pull.ts'],
    ['receiver/edges/docker/c.ts', '../../../protocol/hook.ts'],
    ['receiver/edges/docker/d.ts', '../credentials/credentials.ts'],
    ['receiver/edges/docker/e.ts', './engine.ts'],
    ['receiver/serve/a.ts', '../edges/docker/engine.ts'],
  ] as const
  expect(await refused('no-restricted-imports', right)).toEqual([])
})

test('imports in a circle are refused', async () => {
  const circle = [
    ['receiver/core/a.ts', './image/b.ts'],
    ['receiver/core/image/b.ts', './c.ts'],
    ['receiver/core/image/c.ts', '../a.ts'],
    ['receiver/core/d.ts', './a.ts'],
  ] as const
  expect(await refused('import/no-cycle', circle)).toEqual(
    circle.map(([file]) => file).filter((file) => file !== 'receiver/core/d.ts'),
  )
})
