import { expect, test } from 'vitest'
import { DockerError } from '../../action/docker.ts'
import { ActionError } from '../../action/error.ts'
import { explainFork } from '../../action/fork.ts'
import { contextOf } from './context-of.ts'

const noToken = new ActionError('no_id_token', 'GitHub gives this job no OIDC token')
const refused = new DockerError('docker push ended with status 1', '', {
  from: 'push',
  words: 'denied: installation not allowed to Write organization package',
})
const pullFrom = (full_name: string, eventName = 'pull_request') =>
  contextOf({ eventName, payload: { pull_request: { head: { repo: { full_name } } } } })

test.for([
  ['no token', noToken, pullFrom('other/Hello'), true],
  ['a refused push', refused, pullFrom('other/Hello'), true],
  ['a failed build', new DockerError('docker', '', undefined), pullFrom('other/Hello'), false],
  ['a wrong input', new ActionError('bad_input', 'x'), pullFrom('other/Hello'), false],
  ['a branch of its own', noToken, pullFrom('Acme/Hello'), false],
  ['the repository’s own rights', noToken, pullFrom('other/Hello', 'pull_request_target'), false],
  ['a push', noToken, contextOf(), false],
] as const)('%s: %s', ([, error, run, isFork]) => {
  const explained = explainFork(error, run) as ActionError
  expect(explained).toMatchObject({ code: error.code, message: error.message })
  expect(explained.hint?.includes('from a fork') ?? false).toBe(isFork)
})
