import * as v from 'valibot'
import { pushed, quote, type Said } from './pushed.ts'

/** https://learn.microsoft.com/azure/container-registry/container-registry-webhook-reference */
const AzureContainerRegistry = v.object({
  action: v.string(),
  target: v.optional(
    v.object({ repository: v.optional(v.string()), tag: v.optional(v.nullable(v.string())) }),
  ),
  request: v.optional(v.object({ host: v.optional(v.string()) })),
})

/** https://docs.docker.com/docker-hub/repos/manage/webhooks/ */
const DockerHub = v.object({
  push_data: v.object({ tag: v.optional(v.nullable(v.string())) }),
  repository: v.object({ repo_name: v.string() }),
})

/** https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html */
const ElasticContainerRegistry = v.object({
  source: v.literal('aws.ecr'),
  'detail-type': v.string(),
  account: v.string(),
  region: v.string(),
  detail: v.object({
    'action-type': v.optional(v.string()),
    result: v.optional(v.string()),
    'repository-name': v.optional(v.string()),
    'image-tag': v.optional(v.nullable(v.string())),
  }),
})

/** What a registry's payload says, or `undefined` when the body is none that is known. */
export function readRegistryPayload(json: unknown): Said | undefined {
  return readEcr(json) ?? readHub(json) ?? readAcr(json)
}

function readAcr(json: unknown): Said | undefined {
  const payload = v.safeParse(AzureContainerRegistry, json)
  if (!payload.success) return undefined
  const { action, target, request } = payload.output
  if (action === 'ping') return { kind: 'ping' }
  if (action !== 'push') return { kind: 'ignored', reason: `the action is ${quote(action)}` }
  if (request?.host === undefined || target?.repository === undefined) {
    return { kind: 'ignored', reason: 'request.host or target.repository is missing' }
  }
  return pushed(`${request.host}/${target.repository}`, target.tag ?? undefined)
}

function readHub(json: unknown): Said | undefined {
  const payload = v.safeParse(DockerHub, json)
  if (!payload.success) return undefined
  const { push_data, repository } = payload.output
  return pushed(`docker.io/${repository.repo_name}`, push_data.tag ?? undefined)
}

function readEcr(json: unknown): Said | undefined {
  const payload = v.safeParse(ElasticContainerRegistry, json)
  if (!payload.success) return undefined
  const { account, region, detail } = payload.output
  const { 'action-type': action, result, 'repository-name': name, 'image-tag': tag } = detail
  if (payload.output['detail-type'] !== 'ECR Image Action' || action !== 'PUSH') {
    return { kind: 'ignored', reason: `the action is ${quote(action ?? 'none')}` }
  }
  if (result !== 'SUCCESS') {
    return { kind: 'ignored', reason: `the push ended in ${quote(result ?? 'nothing')}` }
  }
  const suffix = region.startsWith('cn-') ? '.cn' : ''
  const host = `${account}.dkr.ecr.${region}.amazonaws.com${suffix}`
  return pushed(`${host}/${name ?? ''}`, tag ?? undefined)
}
