import { toJsonSchema } from '@valibot/to-json-schema'
import { type Operation, OPERATIONS } from './operations.ts'
import { type SchemaName, SCHEMAS } from './schemas.ts'

export interface OpenapiServices {
  /** Public base URL. */
  url: string
  version: string
}

/** The description of what programs may ask, for whoever wants it: it tells nothing of what runs here. */
export const describe = ({ url, version }: OpenapiServices) => ({
  openapi: '3.1.0',
  info: {
    title: 'deploy-receiver',
    version,
    description:
      'Hooks that deploy, and what became of them. More members may come to every object, more steps and types of events, too.',
  },
  servers: [{ url }],
  paths: pathsOf(Object.entries(OPERATIONS)),
  components: {
    schemas: Object.fromEntries(
      Object.entries(SCHEMAS).map(([name, schema]) => {
        // what is checked beyond a shape is said in words
        const { $schema: _s, ...json } = toJsonSchema(schema, {
          target: 'draft-2020-12',
          errorMode: 'ignore',
        })
        return [name, json]
      }),
    ),
    securitySchemes: {
      readToken: { type: 'http', scheme: 'bearer', description: 'one of `read_tokens`' },
      followToken: {
        type: 'http',
        scheme: 'bearer',
        description: 'the `follow.token` of the 202, for that deployment alone',
      },
      oidc: {
        type: 'http',
        scheme: 'bearer',
        bearerFormat: 'JWT',
        description:
          'an OIDC token whose audience is `{url}/hooks/{app}#sha256={SHA-256 of the body}`',
      },
      webhook: {
        type: 'apiKey',
        in: 'header',
        name: 'webhook-signature',
        description: 'Standard Webhooks, with `webhook-id` and `webhook-timestamp`',
      },
      basic: { type: 'http', scheme: 'basic', description: 'the app, and its token' },
      github: {
        type: 'apiKey',
        in: 'header',
        name: 'x-hub-signature-256',
        description: "GitHub's own webhooks",
      },
    },
  },
})

function pathsOf(operations: readonly [string, Operation][]) {
  const paths: Record<string, Record<string, object>> = {}
  for (const [route, operation] of operations) {
    const [method = '', path = ''] = route.split(' ')
    const templated = path.replaceAll(/:([a-z]+)/g, '{$1}')
    paths[templated] = {
      ...paths[templated],
      [method.toLowerCase()]: operationOf(operation, path),
    }
  }
  return paths
}

function operationOf(
  { summary, at, access, query, headers, body, answers }: Operation,
  path: string,
) {
  const parameters = [
    ...path.matchAll(/:([a-z]+)/g).map(([, name = '']) => parameter('path', name)),
    ...Object.entries(query ?? {}).map(([name, said]) => parameter('query', name, said)),
    ...Object.entries(headers ?? {}).map(([name, said]) => parameter('header', name, said)),
  ]
  return {
    summary,
    ...(at === undefined ? {} : { description: `At ${at}.` }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: { content: json([body]) } }),
    // the local socket asks for none of them
    security: access === undefined ? [] : access.flatMap(waysOf),
    responses: Object.fromEntries(
      Object.entries(answers).map(([status, answer]) => [
        status,
        { description: answer.description, ...contentOf(answer, Number(status) >= 400) },
      ]),
    ),
  }
}

const waysOf = (access: NonNullable<Operation['access']>[number]) =>
  access === 'hook'
    ? [{ oidc: [] }, { webhook: [] }, { basic: [] }, { github: [] }]
    : [{ [access]: [] }]

const parameter = (where: 'path' | 'query' | 'header', name: string, description?: string) => ({
  name,
  in: where,
  required: where === 'path',
  schema: { type: 'string' },
  ...(description === undefined ? {} : { description }),
})

function contentOf(answer: Operation['answers'][string], isError: boolean) {
  if ('empty' in answer) return {}
  if ('text' in answer) return { content: { [answer.text]: {} } }
  if ('stream' in answer) {
    return { content: { 'text/event-stream': { schema: reference(answer.stream) } } }
  }
  const others = answer.json.filter((name) => name !== 'Problem')
  return {
    content: {
      ...(isError && answer.json.includes('Problem')
        ? { 'application/problem+json': { schema: reference('Problem') } }
        : {}),
      ...(others.length === 0 ? {} : json(others)),
    },
  }
}

const json = (names: readonly SchemaName[]) => {
  const [first, ...others] = names.map(reference)
  return {
    'application/json': { schema: others.length === 0 ? first : { anyOf: [first, ...others] } },
  }
}

const reference = (name: SchemaName) => ({ $ref: `#/components/schemas/${name}` })
