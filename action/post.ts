import { rm } from 'node:fs/promises'
import * as core from '@actions/core'

// The main step deletes its credentials itself; this is for the job that was killed before it could.
const directory = core.getState('docker-config')
if (directory !== '') await rm(directory, { recursive: true, force: true })
