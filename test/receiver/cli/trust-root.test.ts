import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { operate } from '../../support/operator.ts'
import { startSigstore } from '../../support/sigstore.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'check-root-'))
  mkdirSync(join(dir, 'data'))
})
afterEach(() => rmSync(dir, { recursive: true }))

const check = (app: string) => {
  const file = join(dir, 'config.yaml')
  const data = join(dir, 'data')
  writeFileSync(file, `url: https://d.example\ndata: ${data}\napps: { api: { ${app} } }\n`)
  return operate(['check', '--config', file])
}

const ATTESTED = 'image: ghcr.io/acme/api, attestation: { repository_id: 1 }'

test('check warns of a trust root that has grown old, and takes the config', async () => {
  // its keys are good from 1970 on
  const old = await startSigstore()
  const file = join(dir, 'data', 'trusted_root.json')
  writeFileSync(file, JSON.stringify(old.trustedRoot))
  await old.stop()
  expect(await check(ATTESTED)).toEqual({
    code: 0,
    stdout: expect.stringContaining('is right: 1 app') as string,
    stderr: `warning: trust root: ${file}: 3 keys, the newest of 1970-01-01: what is signed with newer ones is not taken; gh attestation trusted-root > ${file}\n`,
  })
})

test('check warns of one that is not there, if an app needs it', async () => {
  expect((await check(ATTESTED)).stderr).toMatch(
    /^warning: trust root: the trust root .* cannot be/,
  )
  expect((await check('image: ghcr.io/acme/api')).stderr).toBe('')
})
