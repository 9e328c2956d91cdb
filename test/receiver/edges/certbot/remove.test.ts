import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { removeCertificate } from '../../../../receiver/edges/certbot/remove.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'certbot-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

const at = (...path: string[]) => join(dir, ...path)

/** A certificate as Certbot 2.1 leaves it: its request and key are kept, too, by numbers of their own. */
function had(site: string, { csr, key, name }: { csr: number; key: number; name: string }) {
  const lineage = `deploy-receiver.${site}`
  const folders = ['csr', 'keys', 'renewal', join('archive', lineage), join('live', lineage)]
  for (const each of folders) mkdirSync(at(each), { recursive: true })
  const out = ['-keyout', at('keys', `000${key}_key-certbot.pem`)]
  const request = ['-out', at('csr', `000${csr}_csr-certbot.pem`), '-subj', '/']
  const kind = ['-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  const names = ['-addext', `subjectAltName=DNS:${name}`]
  execFileSync('openssl', ['req', ...kind, ...out, ...request, ...names], { stdio: 'pipe' })
  writeFileSync(at('renewal', `${lineage}.conf`), '')
  writeFileSync(at('archive', lineage, 'privkey1.pem'), '')
  symlinkSync(at('archive', lineage, 'privkey1.pem'), at('live', lineage, 'privkey.pem'))
}
const files = () =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((each) => !each.isDirectory())
    .map(({ name }) => name)
    .toSorted()

test('all that Certbot has of it goes, and of others nothing', () => {
  had('api--pr-1', { csr: 1, key: 2, name: 'api--pr-1.preview.test' })
  const first = files()
  had('api--pr-11', { csr: 3, key: 1, name: 'x-api--pr-1.preview.test' })
  const others = files().filter((each) => !first.includes(each) || each.startsWith('privkey'))
  const gone = { site: 'api--pr-1', names: ['api--pr-1.preview.test'] }
  removeCertificate(gone, dir)
  expect(files()).toEqual([...new Set(others)].toSorted())
  // it was gone already
  removeCertificate(gone, dir)
  expect(files()).toEqual([...new Set(others)].toSorted())
})

test('where there is nothing, nothing is done', () => {
  removeCertificate({ site: 'api--pr-1', names: ['a.test'] }, dir)
  expect(files()).toEqual([])
})
