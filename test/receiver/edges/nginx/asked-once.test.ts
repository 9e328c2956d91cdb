import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { createSites } from '../../../../receiver/edges/nginx/sites.ts'
import { createSlots } from '../../../../receiver/edges/slots.ts'
import { INSTALLATION } from '../../../support/home.ts'
import { openWorkspace } from '../../../support/workspace.ts'

const workspace = openWorkspace()
afterAll(() => workspace.close())

test('Nginx is asked once what it reads, and once what it has, before the receiver’s own site is written', async () => {
  const dir = workspace.folder('nginx')
  const directory = workspace.folder('conf.d')
  const calls = join(dir, 'calls')
  const nginx = join(dir, 'nginx')
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
    nginx: { directory, test: `${nginx} -t`, reload: 'true', listen: ['127.0.0.1:1'] },
    app: () => undefined,
    receiver: () => ({
      url: 'https://deploy.test',
      listen: { host: '127.0.0.1', port: 9080 },
      site: { trustedProxies: [] },
      traffic: { port: 9080, isWanted: true },
    }),
    flags: createSlots(workspace.folder('data')).flags,
    address: () => '127.0.0.1',
  })
  await sites.receiver.ensure('refuse')
  const [first, second, ...others] = readFileSync(calls, 'utf8').trim().split('\n')
  // in any order
  expect(new Set([first, second])).toStrictEqual(new Set(['-T', '-V']))
  expect(others).toStrictEqual(['-t'])
})
