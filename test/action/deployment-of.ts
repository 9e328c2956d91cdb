import type { Deployment } from '../../protocol/deployment.ts'

/** A deployment of `hello` as a receiver would show it, with some of it replaced. */
export const deploymentOf = (overrides: Partial<Deployment> = {}): Deployment => ({
  id: 'd1',
  app: 'hello',
  action: 'deploy',
  status: 'queued',
  image: { repository: 'ghcr.io/acme/hello', tag: 'main' },
  source: {},
  created_at: '2026-01-02T03:04:05.000Z',
  steps: [],
  ...overrides,
})
