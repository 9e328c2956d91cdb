import { rm } from 'node:fs/promises'
import * as core from '@actions/core'
import { resume, unended } from './github-deployment.ts'

// The main step deletes its credentials and ends its GitHub deployment itself; this is for the job that was killed before
// it could.
const directory = core.getState('docker-config')
if (directory !== '') await rm(directory, { recursive: true, force: true })

const left = unended()
if (left !== undefined) {
  await resume(left, process.env['INPUT_GITHUB-TOKEN'] ?? '').set({
    state: 'error',
    description: 'the job was killed while it followed; the deployment goes on by itself',
  })
}
