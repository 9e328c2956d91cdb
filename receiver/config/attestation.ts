import type { AttestationPolicy } from '../core/image/attestation.ts'
import { REPOSITORY_ID_HINT } from './github-claims.ts'
import type { Field, Reader } from './reader.ts'
import { matching } from './values.ts'

const GITHUB_ISSUER = 'https://token.actions.githubusercontent.com'
const WORKFLOW = /^(?:[\w.-]+\/[\w.-]+\/)?\.github\/workflows\/[\w.-]+\.ya?ml$/

/** Reads `attestation:` of an app: whose attested images alone may run. */
export function readAttestation(
  reader: Reader,
  field: Field | undefined,
): AttestationPolicy | undefined {
  if (field === undefined) return undefined
  const keys = reader.mapping(field, ['repository_id', 'workflow', 'ref', 'issuer'])
  const at = (key: string) => keys.get(key)
  const repositoryId = matching(
    reader,
    at('repository_id'),
    /^[1-9]\d{0,19}$/,
    "a repository's number",
    REPOSITORY_ID_HINT,
  )
  if (reader.isNothing(at('repository_id'))) {
    reader.problem(
      at('repository_id') ?? field,
      'repository_id is missing: an attestation of any repository would do',
      REPOSITORY_ID_HINT,
    )
  }
  const workflow = matching(
    reader,
    at('workflow'),
    WORKFLOW,
    'a workflow',
    'write .github/workflows/deploy.yml, or OWNER/NAME/.github/workflows/build.yml for a reusable one',
  )
  const ref = matching(
    reader,
    at('ref'),
    /^refs\/(?:heads|tags)\/[^\s*]+$/,
    'a full ref',
    'write it like refs/heads/main',
  )
  const issuer = matching(reader, at('issuer'), /^https:\/\/[^\s?#]+$/, 'an https issuer')
  return {
    issuer: issuer ?? GITHUB_ISSUER,
    repositoryId: repositoryId ?? '',
    ...(workflow === undefined ? {} : { workflow }),
    ...(ref === undefined ? {} : { ref }),
  }
}
