import * as v from 'valibot'
import { HookBody, type Source } from '../../../protocol/hook.ts'
import { formatImage, ImageReferenceError, parseImage } from '../../../protocol/image-reference.ts'
import type { Request as DeployRequest } from '../../core/intake/new-deployment.ts'
import { isDeeperThan, MAX_LEVELS } from '../../core/nesting.ts'
import type { HttpApp } from '../apps.ts'
import type { Authentic } from '../auth/authentic.ts'
import { readGithubPayload } from './payloads/github.ts'
import type { Said } from './payloads/pushed.ts'
import { readRegistryPayload } from './payloads/registries.ts'
import { ProblemError } from '../problem.ts'

/** What an authentic body asks for. */
export type HookContent = {
  id?: string
  source: Source
  attestations: readonly unknown[]
  summary: string
} & (
  | {
      kind: 'order'
      request: DeployRequest
      test: boolean
      /** Of a preview, not of the app itself. */
      preview?: string
      /** When what it is made for happened; ISO 8601. */
      askedAt?: string
    }
  | { kind: 'removal'; preview: string; test: boolean }
  | Said
)

/** Reads an authentic body: our own JSON, or what a registry or GitHub sends. Throws `ProblemError`. */
export function readHook(
  headers: Headers,
  {
    body,
    authentic: { says, mayDeploy, mayRestoreRights = false },
    app,
  }: {
    body: Uint8Array
    authentic: Pick<Authentic, 'says' | 'mayDeploy' | 'mayRestoreRights'>
    app: HttpApp
  },
): HookContent {
  const json = parseJson(headers, body)
  const said =
    says === 'payloads'
      ? readGithubPayload(headers.get('x-github-event') ?? undefined, json)
      : says === 'both'
        ? readRegistryPayload(json)
        : undefined
  if (said !== undefined) {
    return { ...said, source: {}, attestations: [], summary: summaryOfPayload(said) }
  }
  const {
    id,
    image,
    rollback,
    current_settings: currentSettings,
    release_settings: releaseSettings = false,
    source = {},
    attestations = [],
    test = false,
    preview,
    remove = false,
    asked_at: askedAt,
  } = parseHook(json)
  const around = { ...(id === undefined ? {} : { id }), source, attestations, test }
  if (remove && preview !== undefined) {
    return { ...around, kind: 'removal', preview, summary: `remove the preview ${preview}` }
  }
  if (image !== undefined && !mayDeploy) {
    throw new ProblemError(
      'deploy_not_allowed',
      `this token may redeploy and roll back, not choose ${image}`,
      { hint: `set apps.${app.spec.name}.auth.basic.deploy to true, or sign the hook` },
    )
  }
  if (releaseSettings && !mayRestoreRights) {
    throw new ProblemError(
      'release_settings_not_allowed',
      'release_settings gives rights and secrets back that the config may have taken away since',
      { hint: `on the VM: deploy-receiver rollback ${app.spec.name} --release-settings` },
    )
  }
  return {
    ...around,
    kind: 'order',
    request: requestOf({ image, rollback, currentSettings, releaseSettings }, app),
    ...(preview === undefined ? {} : { preview }),
    ...(askedAt === undefined ? {} : { askedAt }),
    summary: summaryOfHook({ image, rollback }),
  }
}

function parseJson(headers: Headers, body: Uint8Array): unknown {
  if (body.byteLength === 0) return {}
  const type = headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/json') {
    throw new ProblemError('unsupported_media_type', `Content-Type is ${type ?? 'missing'}`, {
      hint: 'send JSON with Content-Type: application/json',
    })
  }
  const json = decode(body)
  if (isDeeperThan(MAX_LEVELS, json)) {
    throw new ProblemError(
      'malformed_json',
      `the body is nested more than ${MAX_LEVELS} levels deep`,
      { hint: 'no hook needs that: look at what makes it' },
    )
  }
  return json
}

const UTF8 = new TextDecoder('utf-8', { fatal: true })

function decode(body: Uint8Array): unknown {
  try {
    return JSON.parse(UTF8.decode(body))
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new ProblemError('malformed_json', `the body is not JSON: ${reason}`, { cause })
  }
}

function parseHook(json: unknown): HookBody {
  const result = v.safeParse(HookBody, json)
  if (result.success) return result.output
  const [issue] = result.issues
  const path = v.getDotPath(issue)
  throw new ProblemError('malformed_body', `${path === null ? 'body' : path}: ${issue.message}`, {
    hint: 'the body is {"image": "…"} or {"rollback": "…"} or {}, and may have id and source',
  })
}

/** What is asked for, if the app's policy allows it: only its own repository, compared as a parsed reference. */
function requestOf(
  hook: {
    image: string | undefined
    rollback: string | undefined
    currentSettings: boolean | undefined
    releaseSettings: boolean
  },
  app: HttpApp,
): DeployRequest {
  if (hook.rollback !== undefined) {
    const { rollback: to, currentSettings = false, releaseSettings } = hook
    return { action: 'rollback', to, currentSettings, releaseSettings }
  }
  if (hook.image === undefined) return { action: 'redeploy' }
  return { action: 'deploy', ...imageFor(app, hook.image) }
}

/** The tag and the digest of a reference to the app's own repository. Throws `ProblemError`. */
export function imageFor({ spec }: HttpApp, reference: string): { tag?: string; digest?: string } {
  const image = parse(reference)
  if (image.repository !== spec.image.repository) {
    throw new ProblemError(
      'image_not_allowed',
      `${image.repository} is not the repository of ${spec.name}, which is ${spec.image.repository}`,
      { hint: `push to that repository, or set apps.${spec.name}.image` },
    )
  }
  return {
    ...(image.tag === undefined ? {} : { tag: image.tag }),
    ...(image.digest === undefined ? {} : { digest: image.digest }),
  }
}

function parse(reference: string) {
  try {
    return parseImage(reference)
  } catch (cause) {
    if (!(cause instanceof ImageReferenceError)) throw cause
    throw new ProblemError('malformed_reference', cause.message, {
      ...(cause.hint === undefined ? {} : { hint: cause.hint }),
      cause,
    })
  }
}

function summaryOfHook({ image, rollback }: Pick<HookBody, 'image' | 'rollback'>): string {
  if (rollback !== undefined) return `rollback ${rollback}`
  return image === undefined ? 'redeploy' : `deploy ${image}`
}

function summaryOfPayload(said: Said): string {
  if (said.kind === 'ping') return 'ping'
  return said.kind === 'pushed'
    ? `push of ${formatImage({ repository: said.repository, tag: said.tag })}`
    : 'payload'
}
