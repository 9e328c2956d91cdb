import { getInput, getState } from '@actions/core'
import { rmRF } from '@actions/io'

// The main step deletes its credentials and ends its GitHub deployment itself; this is for the job that was killed before
// it could.
const directory = getState('docker-config')
if (directory !== '') await rmRF(directory)

if (getState('github-deployment') !== '') {
  const { endUnended } = await import('./github-deployment.ts')
  await endUnended(getInput('github-token'))
}
