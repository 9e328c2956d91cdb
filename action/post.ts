import { getInput, getState } from '@actions/core'
import { removeLeftDocker } from './login.ts'

// The main step deletes its credentials, ends its GitHub deployment and says what stands where itself; this is for the job that was killed before
// it could.
await removeLeftDocker()

if (getState('github-deployment') !== '') {
  const { endUnended } = await import('./github-deployment.ts')
  await endUnended(getInput('github-token'))
}

if (getState('release') !== '') {
  const { reportLeft } = await import('./several-state.ts')
  await reportLeft()
}
