import { ecrPlace, isEcr, isPublicEcr } from '../../protocol/registries/ecr.ts'
import { isGoogleRegistry } from './gcp.ts'

/** Of what is said of a failed push, in characters: there is no hint beyond. */
const MAX_WORDS = 10_000

/**
 * What to do about a push that a registry refuses, where it is known what that registry means by its words; undefined elsewhere.
 * @param words BuildKit's, or those of `docker push`: they name the repository
 */
export const refusalHint = (words: string): string | undefined => {
  const said = words.slice(0, MAX_WORDS)
  const [, host = '', repository = ''] =
    /(?:failed to push |refers to repository \[)([\w.-]{1,255}(?::\d{1,5})?)\/([\w./-]{1,255})/.exec(
      said,
    ) ?? []
  if (isEcr(host)) return ecrHint(said, host, repository)
  if (isGoogleRegistry(host)) return googleHint(said, host, repository)
  return host === 'ghcr.io' && DENIED.test(said) ? GHCR : undefined
}

const MISSING = /name[ _]unknown|not found|does not exist/i
const DENIED = /denied|unauthori[sz]ed|forbidden|not authorized|\b40[13]\b/i

function ecrHint(said: string, host: string, repository: string): string | undefined {
  const { service, region } = ecrPlace(host)
  if (MISSING.test(said)) {
    const name = isPublicEcr(host) ? repository.replace(/^[^/]*\//, '') : repository
    return `ECR makes no repository by itself. Make it once: aws ${service} create-repository --repository-name ${name} --region ${region}`
  }
  if (/no basic auth/i.test(said)) {
    return 'Nobody signed in: give aws-role (a role that this repository may assume, with "permissions: { id-token: write }"), an access key as username and password, or run aws-actions/configure-aws-credentials before this step. The log above says where credentials were looked for.'
  }
  if (!DENIED.test(said)) return undefined
  return `The role or user needs ${service}:BatchCheckLayerAvailability, InitiateLayerUpload, UploadLayerPart, CompleteLayerUpload and PutImage on ${repository}; in another account its repository policy has to allow them too.`
}

function googleHint(said: string, host: string, repository: string): string | undefined {
  const [project = '', name = ''] = repository.split('/')
  const isArtifactRegistry = host.endsWith('-docker.pkg.dev') && name !== ''
  const location = host.replace(/-docker\.pkg\.dev$/, '')
  const at = isArtifactRegistry ? `${name} --project ${project} --location ${location}` : ''
  if (/createOnPush/i.test(said)) {
    return 'The first push to gcr.io makes a repository of Artifact Registry: give the service account roles/artifactregistry.createOnPushWriter on the project.'
  }
  if (/unauthenticated/i.test(said)) {
    return 'Nobody signed in: give gcp-workload-identity-provider and gcp-service-account, or username _json_key and the key of a service account as password.'
  }
  if (/(?:API|service) has not been used|is disabled|SERVICE_DISABLED/i.test(said)) {
    return `Turn the API on: gcloud services enable artifactregistry.googleapis.com --project ${project}`
  }
  if (!MISSING.test(said) && !DENIED.test(said)) return undefined
  // Google says the same of a repository that is not there and of one that is not for this account: "(or it may not exist)"
  return isArtifactRegistry
    ? `Let the account write: gcloud artifacts repositories add-iam-policy-binding ${at} --role roles/artifactregistry.writer --member serviceAccount:…; if there is no such repository, make it once: gcloud artifacts repositories create ${at} --repository-format docker`
    : `The account needs roles/artifactregistry.writer in the project ${project}; ${host} has to be one of its repositories in Artifact Registry.`
}

const GHCR =
  'The job needs "permissions: { packages: write }". Where it has that, the package belongs to another repository or to none: in its settings, under "Manage Actions access", add this repository with the role Write.'
