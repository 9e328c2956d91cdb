import type { SchemaName } from './schemas.ts'

/** What an address has to offer, for programs of others. */
export interface Operation {
  summary: string
  /** Where else than at the public address; absent: there, at the admin address and at the local socket. */
  at?: string
  /** What it asks for; absent: nothing. */
  access?: readonly ('readToken' | 'followToken' | 'hook')[]
  query?: Readonly<Record<string, string>>
  headers?: Readonly<Record<string, string>>
  body?: SchemaName
  answers: Readonly<Record<string, Answer>>
}

type Answer = { description: string } & (
  { json: readonly SchemaName[] } | { stream: SchemaName } | { text: string } | { empty: true }
)

const problem = (description: string): Answer => ({ description, json: ['Problem'] })
const REJECTED = { 401: problem('no valid credentials for this') }
const READ = { access: ['readToken'] } as const
const FOLLOW = { access: ['readToken', 'followToken'] } as const
const HOOK: Operation = {
  summary: 'Deploys an image, goes back to an earlier one, or starts the same afresh',
  at: 'the public address and the local socket',
  access: ['hook'],
  headers: {
    Prefer:
      '`wait=N` (RFC 7240): the answer comes when the deployment is over, or after N seconds, 600 at most',
  },
  body: 'HookBody',
  answers: {
    200: {
      description: 'nothing new was to be done; or, with `Prefer: wait`, it succeeded',
      json: ['NotNew', 'Accepted'],
    },
    202: { description: 'the deployment is on record, and waits or runs', json: ['Accepted'] },
    400: problem('not understood'),
    ...REJECTED,
    403: problem('authentic, and not allowed'),
    404: problem('there is no such app, to an authentic sender'),
    409: {
      description: 'not possible as things stand; or, with `Prefer: wait`, superseded',
      json: ['Problem', 'Accepted'],
    },
    413: problem('more than 64 KiB'),
    415: problem('not JSON'),
    422: {
      description: 'the id came with another body before; or, with `Prefer: wait`, it failed',
      json: ['Problem', 'Accepted'],
    },
    429: problem('too many rejected requests from this address: `Retry-After`'),
    503: problem('not at this moment: `Retry-After`'),
  },
}

/** By method and path, as the routes are written. */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  'POST /hooks/:app': HOOK,
  'POST /docker/hook': {
    ...HOOK,
    summary: "The same by App Service's CI_CD_URL: the user name says which app",
  },
  'GET /apps': {
    ...READ,
    summary: 'All apps, with what is live of each',
    answers: {
      200: { description: 'apps, in the order of the config', json: ['Apps'] },
      ...REJECTED,
    },
  },
  'GET /apps/:app': {
    ...READ,
    summary: 'One app',
    answers: {
      200: { description: 'the app', json: ['App'] },
      ...REJECTED,
      404: problem('there is no such app'),
    },
  },
  'GET /apps/:app/deployments': {
    ...READ,
    summary: "An app's deployments, newest first",
    query: {
      limit: 'so many at most: 20 by default, 200 at most',
      before: 'an id: those older than it',
    },
    answers: {
      200: { description: 'deployments', json: ['Deployments'] },
      400: problem('limit is no number of that size'),
      ...REJECTED,
      404: problem('there is no such app'),
    },
  },
  'GET /deployments/:id': {
    ...FOLLOW,
    summary: 'One deployment',
    answers: {
      200: { description: 'the deployment', json: ['Deployment'] },
      ...REJECTED,
      404: problem('there is no such deployment'),
    },
  },
  'GET /deployments/:id/events': {
    ...FOLLOW,
    summary: 'Its events as they happen, until the final one',
    headers: { 'Last-Event-ID': 'goes on after the event with this number' },
    answers: {
      200: {
        description: 'server-sent events: `id` is a number, `event` the type, `data` the object',
        stream: 'DeploymentEvent',
      },
      204: { description: 'there are no more: it is over', empty: true },
      ...REJECTED,
      404: problem('there is no such deployment'),
    },
  },
  'GET /metrics': {
    ...READ,
    summary: "Metrics in Prometheus' text format",
    at: 'the admin address and the local socket',
    answers: { 200: { description: 'metrics', text: 'text/plain' }, ...REJECTED },
  },
  'GET /healthz': {
    summary: 'That the receiver is there',
    answers: { 200: { description: 'it is', json: ['Health'] } },
  },
  'GET /openapi.json': {
    summary: 'This description',
    answers: { 200: { description: 'OpenAPI 3.1', text: 'application/json' } },
  },
}
