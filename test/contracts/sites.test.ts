import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createSites } from '../../receiver/edges/nginx/sites.ts'
import { createSlots } from '../../receiver/edges/slots.ts'
import { createFakeSites } from '../support/fakes/sites.ts'
import { createFakeSlots } from '../support/fakes/slots.ts'
import { startNginx } from '../support/nginx.ts'
import { freePort } from '../support/ports.ts'
import { openWorkspace } from '../support/workspace.ts'
import { sitesContract } from './sites.ts'
import { INSTALLATION } from '../support/home.ts'

sitesContract('the fake', async () => {
  const { sites, complaint } = createFakeSites()
  return {
    sites,
    slots: createFakeSlots().slots,
    complain(complains) {
      complaint.value = complains ? 'it does not like it' : undefined
    },
    close: async () => {},
  }
})

sitesContract('Nginx', async () => {
  const workspace = openWorkspace()
  const nginx = await startNginx({ dir: workspace.folder('nginx') })
  const complaint = join(workspace.dir, 'complaint')
  const slots = createSlots(workspace.folder('data'))
  const sites = createSites({
    installation: INSTALLATION.id,
    nginx: {
      ...nginx,
      test: `test ! -e ${complaint} && ${nginx.test}`,
      listen: [`127.0.0.1:${await freePort()}`],
    },
    app: (name) => ({ domains: [`${name}.test`], pauses: false }),
    flags: slots.flags,
    address: (_app, slot, replica) => `127.0.0.${slot === 'blue' ? replica : 100 + replica}`,
  })
  return {
    sites,
    slots,
    complain(complains) {
      if (complains) writeFileSync(complaint, '')
      else rmSync(complaint, { force: true })
    },
    close: () => workspace.close(),
  }
})
