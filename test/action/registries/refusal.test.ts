import { expect, test } from 'vitest'
import { refusalHint } from '../../../action/registries/refusal.ts'

const ECR = '123456789012.dkr.ecr.eu-central-1.amazonaws.com'
const GAR = 'europe-west1-docker.pkg.dev/acme-prod/images/api'

test.for<[string, string | undefined]>([
  [
    `failed to push ${ECR}/shop/api:1.2: name unknown: The repository with name 'shop/api' does not exist in the registry with id '123456789012'`,
    'aws ecr create-repository --repository-name shop/api --region eu-central-1',
  ],
  [
    `failed to push ${ECR}/shop/api:1.2: unexpected status from POST request to https://${ECR}/v2/shop/api/blobs/uploads/: 404 Not Found`,
    'aws ecr create-repository --repository-name shop/api --region eu-central-1',
  ],
  [
    `The push refers to repository [${ECR}/api]\n5f70bf18a086: Retrying in 1 second\nname unknown: The repository with name 'api' does not exist in the registry with id '123456789012'`,
    'aws ecr create-repository --repository-name api --region eu-central-1',
  ],
  [
    `failed to push public.ecr.aws/a1b2c3/shop/api:1: name unknown: The repository with name 'shop/api' does not exist in the registry with id '123456789012'`,
    'aws ecr-public create-repository --repository-name shop/api --region us-east-1',
  ],
  [
    `The push refers to repository [${ECR}/api]\nno basic auth credentials`,
    'Nobody signed in: give aws-role',
  ],
  [
    `failed to push ${ECR}/api:1: denied: User: arn:aws:sts::123456789012:assumed-role/ci/x is not authorized to perform: ecr:InitiateLayerUpload on resource: arn:aws:ecr:eu-central-1:123456789012:repository/api because no identity-based policy allows the ecr:InitiateLayerUpload action`,
    'ecr:BatchCheckLayerAvailability, InitiateLayerUpload',
  ],
  [
    `failed to push ${GAR}:1: denied: Permission "artifactregistry.repositories.uploadArtifacts" denied on resource "projects/acme-prod/locations/europe-west1/repositories/images" (or it may not exist)`,
    'gcloud artifacts repositories add-iam-policy-binding images --project acme-prod --location europe-west1 --role roles/artifactregistry.writer',
  ],
  [
    `failed to push ${GAR}:1: failed to authorize: failed to fetch oauth token: unexpected status from POST request to https://europe-west1-docker.pkg.dev/v2/token: 403 Forbidden`,
    'gcloud artifacts repositories create images --project acme-prod --location europe-west1',
  ],
  [
    `failed to push ${GAR}:1: denied: Unauthenticated request. Unauthenticated requests do not have permission "artifactregistry.repositories.uploadArtifacts" on resource "projects/acme-prod/locations/europe-west1/repositories/images" (or it may not exist)`,
    'gcp-workload-identity-provider',
  ],
  [
    `failed to push ${GAR}:1: denied: Artifact Registry API has not been used in project 123 before or it is disabled.`,
    'gcloud services enable artifactregistry.googleapis.com --project acme-prod',
  ],
  [
    'failed to push gcr.io/acme-prod/api:1: denied: gcr.io repo does not exist. Creating on push requires the artifactregistry.repositories.createOnPush permission',
    'roles/artifactregistry.createOnPushWriter',
  ],
  [
    'failed to push ghcr.io/acme/api:1: denied: installation not allowed to Create organization package',
    'permissions: { packages: write }',
  ],
  [
    'failed to push ghcr.io/acme/api:1: denied: permission_denied: write_package',
    'Manage Actions access',
  ],
  ['failed to push ghcr.io/acme/api:1: 502 Bad Gateway', undefined],
  [`failed to push ${ECR}/api:1: connection reset by peer`, undefined],
  ['failed to push registry.example.com/acme/api:1: denied: no', undefined],
  ['ghcr.io says denied', undefined],
])('%s', ([words, hint]) => {
  if (hint === undefined) expect(refusalHint(words)).toBeUndefined()
  else expect(refusalHint(words)).toContain(hint)
})
