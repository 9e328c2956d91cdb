import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { warnOfUnreadable } from '../../../receiver/config/nginx-user.ts'
import { createReader } from '../../../receiver/config/reader.ts'
import { warnings, withApp } from './load-text.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'site-files-'))
  chmodSync(dir, 0o755)
})
afterEach(() => rmSync(dir, { recursive: true }))

function put(name: string, mode: number, text = ''): string {
  writeFileSync(join(dir, name), text)
  chmodSync(join(dir, name), mode)
  return join(dir, name)
}

describe('check names a file that is not there', () => {
  test.for([
    ['basic_auth: passwords', 'nobody gets in'],
    ['error_pages: { 502: page }', 'visitors get a bare word in its place'],
    ['include: more', 'Nginx cannot start without it'],
  ])('%s', ([key = '', then]) => {
    expect(warnings(withApp(`site: { ${key} }`))).toEqual([
      expect.stringMatching(new RegExp(`5:.* is not there: ${then}; create it$`)),
    ])
  })
})

describe("what Nginx's workers cannot read", () => {
  /** The warnings when `nobody` is who they are. */
  function said(
    file: string,
    conf = put('nginx.conf', 0o644, 'worker_processes 2;\nuser nobody;\n'),
  ) {
    const reader = createReader('config', 'a: 1', {})
    warnOfUnreadable(reader, reader.root, { file, effect: 'so what', conf })
    return reader.finish().warnings
  }

  test('is said with the remedy: a file', () => {
    const file = put('passwords', 0o640)
    expect(said(file)).toMatchObject([
      {
        message: `nobody, who Nginx's workers are, cannot read ${file}: ${file} has mode 0640; so what`,
        hint: `chgrp nobody ${file} && chmod g+r ${file}`,
      },
    ])
  })

  test('is said with the remedy: a folder', () => {
    mkdirSync(join(dir, 'inner'), { mode: 0o700 })
    const file = put('inner/passwords', 0o644)
    expect(said(file)).toMatchObject([{ hint: `chmod o+x ${join(dir, 'inner')}` }])
  })

  test('is no matter where they can, and where nobody says who they are', () => {
    expect(said(put('open', 0o644))).toEqual([])
    expect(said(put('closed', 0o600), put('nginx.conf', 0o644, '# user nobody;\n'))).toEqual([])
    expect(said(put('closed', 0o600), join(dir, 'none.conf'))).toEqual([])
    expect(said(put('closed', 0o600), put('nginx.conf', 0o644, 'user root;\n'))).toEqual([])
  })
})
