import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { createSites } from '../../../../receiver/edges/nginx/sites.ts'
import { createSlots } from '../../../../receiver/edges/slots.ts'
import { INSTALLATION } from '../../../support/home.ts'
import { openWorkspace } from '../../../support/workspace.ts'

const workspace = openWorkspace()
afterAll(() => workspace.close())

/** Sites at an Nginx that notes what it is called for. */
function sitesThatCount(name: string) {
  const dir = workspace.folder(name)
  const directory = workspace.folder(`${name}/conf.d`)
  const calls = join(dir, 'calls')
  const nginx = join(dir, 'nginx')
  writeFileSync(calls, '')
  writeFileSync(
    nginx,
    `#!/bin/sh
echo "$1" >>${calls}
case $1 in
-T) printf '# configuration file /etc/nginx/nginx.conf:\\nhttp { access_log /a.log; }\\n' ;;
-V) echo 'nginx version: nginx/1.22.1' >&2 ;;
esac
`,
    { mode: 0o755 },
  )
  const sites = createSites({
    installation: INSTALLATION.id,
    nginx: { directory, test: `${nginx} -t`, reload: `${nginx} -s`, listen: ['127.0.0.1:1'] },
    app: () => undefined,
    receiver: () => ({
      url: 'https://deploy.test',
      listen: { host: '127.0.0.1', port: 9080 },
      site: { trustedProxies: [] },
      traffic: { port: 9080, isWanted: true },
    }),
    flags: createSlots(workspace.folder(`${name}/data`)).flags,
    address: () => '127.0.0.1',
  })
  return { sites, calls: () => readFileSync(calls, 'utf8').trim().split('\n') }
}

test('Nginx is asked once what it reads, and once what it has, before the receiver’s own site is written', async () => {
  const { sites, calls } = sitesThatCount('receiver')
  await sites.receiver.ensure('refuse')
  const [first, second, ...others] = calls()
  // in any order
  expect(new Set([first, second])).toStrictEqual(new Set(['-T', '-V']))
  expect(others).toStrictEqual(['-t', '-s'])
})

test('apps that are shown in the same moment are one test and one reload', async () => {
  const { sites, calls } = sitesThatCount('apps')
  const upstream = { port: 8000, replicas: 1 }
  const names = Array.from({ length: 9 }, (_, at) => `app-${at}`)
  await Promise.all(
    names.map((name) => sites.ensure({ [name]: { blue: upstream, green: upstream } })),
  )
  expect(calls().filter((call) => call === '-t')).toHaveLength(1)
  expect(calls().filter((call) => call === '-s')).toHaveLength(1)
})
