import { createServer, type Server } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { lookAtRepository } from '../../../receiver/edges/github.ts'

let server: Server | undefined
afterEach(() => server?.close())

const RIGHT = {
  id: 123456789,
  full_name: 'acme/api',
  owner: { id: 42, login: 'acme' },
  default_branch: 'trunk',
}

/** GitHub's API with one answer. */
async function github(status: number, answer: unknown) {
  const asked: { url: string | undefined; authorization: string | undefined }[] = []
  server = createServer(({ url, headers }, response) => {
    asked.push({ url, authorization: headers.authorization })
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(answer))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { env: { GITHUB_API_URL: `http://127.0.0.1:${port}/` }, asked }
}

test('GitHub says which numbers a repository has, and its default branch', async () => {
  const { env, asked } = await github(200, RIGHT)
  expect(await lookAtRepository('acme/api', env)).toEqual({
    found: true,
    name: 'acme/api',
    ids: { repository: '123456789', owner: '42' },
    branch: 'trunk',
  })
  await lookAtRepository('acme/api', { ...env, GH_TOKEN: 'secret' })
  expect(asked).toEqual([
    { url: '/repos/acme/api', authorization: undefined },
    { url: '/repos/acme/api', authorization: 'token secret' },
  ])
})

test.each([
  [404, { message: 'Not Found' }, /a private one needs GH_TOKEN/],
  [403, { message: 'rate limit' }, /more questions/],
  [500, {}, /it answered 500/],
  [200, { ...RIGHT, id: '1\nevil: true' }, /not a repository/],
  [200, { ...RIGHT, full_name: 'acme/api\nevil: true' }, /not a repository/],
  [200, { ...RIGHT, default_branch: 'a\n  - run: evil' }, /not a repository/],
  [200, {}, /not a repository/],
])('an answer %d %j is none', async (status, answer, why) => {
  const { env } = await github(status, answer)
  const look = await lookAtRepository('acme/api', env)
  expect(look).toEqual({ found: false, why: expect.stringMatching(why) as string })
})

test('where nobody answers that is said', async () => {
  const { env } = await github(200, RIGHT)
  server?.close()
  expect(await lookAtRepository('acme/api', env)).toEqual({
    found: false,
    why: expect.stringContaining('cannot be reached') as string,
  })
})
