import { GITHUB_ISSUER, readAuth } from '../auth.ts'
import type { PreviewAuth } from '../config.ts'
import type { Field, Reader } from '../reader.ts'
import type { SecretOwners } from '../secrets.ts'

/** Who may make and remove previews. */
export function readPreviewAuth(
  reader: Reader,
  field: Field | undefined,
  owners: SecretOwners,
): PreviewAuth {
  const keys = reader.mapping(field, ['oidc', 'keys', 'secrets'])
  const { oidc, keys: publicKeys, secrets } = readAuth(reader, field, owners)
  const other = oidc.find(
    ({ issuer }) => issuer !== GITHUB_ISSUER && !issuer.startsWith(`${GITHUB_ISSUER}/`),
  )
  if (other !== undefined) {
    reader.problem(
      keys.get('oidc') ?? reader.root,
      `a preview is named by its token's ref, in GitHub's form: tokens of ${other.issuer} may have another`,
      'sign these hooks with a key: previews.auth.keys, or previews.auth.secrets',
    )
  }
  return { oidc, keys: publicKeys, secrets }
}
