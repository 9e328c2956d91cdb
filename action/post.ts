import { rm } from 'node:fs/promises'
import { getState } from './runner.ts'

// The main step deletes its credentials and ends its GitHub deployment itself; this is for the job that was killed before
// it could.
const directory = getState('docker-config')
if (directory !== '') await rm(directory, { recursive: true, force: true })

if (getState('github-deployment') !== '') {
  const { endUnended } = await import('./github-deployment.ts')
  await endUnended(process.env['INPUT_GITHUB-TOKEN'] ?? '')
}
