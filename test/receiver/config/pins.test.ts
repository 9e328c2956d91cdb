import { describe, expect, test } from 'vitest'
import { app, problems, withApp } from './load-text.ts'

const UUID = '0184990a-477b-4fa8-9968-496074483cee'
const ISSUERS = {
  github: 'https://token.actions.githubusercontent.com',
  enterprise: 'https://token.actions.githubusercontent.com/acme',
  gitlab: 'https://gitlab.com',
  ownGitlab: 'https://gitlab.example.com',
  terraform: 'https://app.terraform.io',
  vercel: 'https://oidc.vercel.com/acme',
  pulumi: 'https://api.pulumi.com/oidc',
  buildkite: 'https://agent.buildkite.com',
  google: 'https://accounts.google.com',
  circleci: `https://oidc.circleci.com/org/${UUID}`,
  bitbucket: 'https://api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc',
  azure: `https://vstoken.dev.azure.com/${UUID}`,
  cluster: 'https://kubernetes.example.com',
  own: 'https://id.example.com',
}
type Claims = Record<string, string | string[]>

const rule = (issuer: keyof typeof ISSUERS, claims: Claims) =>
  `auth: { oidc: ${JSON.stringify({ issuer: ISSUERS[issuer], ...claims })} }`

describe('a claim that says who is a pin', () => {
  test.for<[keyof typeof ISSUERS, Claims]>([
    ['enterprise', { repository_id: '1' }],
    ['terraform', { terraform_workspace_id: 'ws-1' }],
    ['terraform', { sub: 'organization:acme:project:x:workspace:prod:run_phase:apply' }],
    ['vercel', { project_id: 'prj_1' }],
    ['pulumi', { sub: 'pulumi:deploy:org:acme:project:x:*' }],
    [
      'ownGitlab',
      { ci_config_ref_uri: 'gitlab.example.com/acme/api//.gitlab-ci.yml@refs/heads/main' },
    ],
    ['gitlab', { project_id: '42', ref: 'main' }],
    ['gitlab', { project_id: ['42', '43'] }],
    ['gitlab', { project_path: 'acme/api', ref_type: 'branch', ref: 'main' }],
    ['gitlab', { project_path: 'acme/*' }],
    ['gitlab', { project_path: 'acme/**' }],
    ['gitlab', { namespace_id: '7', ref: 'main' }],
    ['gitlab', { namespace_path: 'acme', ref: 'main' }],
    ['gitlab', { namespace_path: 'acme/*' }],
    ['gitlab', { sub: 'project_path:acme/api:ref_type:branch:ref:main' }],
    ['gitlab', { sub: 'project_path:acme/**' }],
    ['ownGitlab', { project_path: 'acme/api' }],
    ['ownGitlab', { user_login: 'deployer', ref: 'main' }],
    ['ownGitlab', { sub: 'project_path:acme/api:ref_type:branch:ref:main' }],
    ['buildkite', { organization_slug: 'acme', pipeline_slug: 'api', build_branch: 'main' }],
    ['buildkite', { organization_id: UUID, build_branch: 'main' }],
    ['buildkite', { pipeline_id: UUID }],
    ['buildkite', { sub: 'organization:acme:pipeline:api:ref:refs/heads/main:commit:*:step:*' }],
    ['google', { sub: '104029292853099978293' }],
    ['google', { email: 'deployer@acme.iam.gserviceaccount.com', email_verified: 'true' }],
    ['google', { email: '*@acme.iam.gserviceaccount.com' }],
    ['circleci', { sub: `org/${UUID}/project/${UUID}/user/*` }],
    ['circleci', { 'oidc.circleci.com/project-id': UUID }],
    ['circleci', { 'oidc.circleci.com/context-ids': `*${UUID}*` }],
    ['bitbucket', { sub: `{${UUID}}:*` }],
    ['bitbucket', { repositoryUuid: `{${UUID}}`, branchName: 'main' }],
    ['azure', { sub: 'sc://acme/api/deploy' }],
    ['cluster', { sub: 'system:serviceaccount:ci:deployer' }],
    ['cluster', { sub: 'system:serviceaccount:ci:*' }],
    ['cluster', { sub: 'system:serviceaccount:ci-*:deployer' }],
    ['own', { sub: 'deployer' }],
    ['own', { sub: 'spiffe://acme.example/deployer' }],
    ['own', { email: '*@acme.example' }],
    ['own', { groups: '*"deployers"*' }],
  ])('at %s: %o', ([issuer, claims]) => {
    expect(app([rule(issuer, claims)]).auth.oidc).toHaveLength(1)
  })
})

describe('what does not say who is none', () => {
  test.for<[keyof typeof ISSUERS, Claims]>([
    ['enterprise', { repository_owner_id: '1' }],
    ['terraform', { terraform_run_phase: 'apply' }],
    ['terraform', { terraform_workspace_name: 'prod' }],
    ['vercel', { project: 'web' }],
    ['pulumi', { operation: 'update' }],
    ['ownGitlab', { user_access_level: 'maintainer' }],
    ['ownGitlab', { ci_config_ref_uri: '**//.gitlab-ci.yml@refs/heads/main' }],
    ['own', { rpo_ref: 'refs/heads/main' }],
    ['own', { project_id: '1*' }],
    ['own', { team: '*1*' }],
    ['gitlab', {}],
    ['gitlab', { ref: 'main' }],
    ['gitlab', { ref: 'main', ref_type: 'branch', ref_protected: 'true' }],
    ['gitlab', { environment: 'production', deployment_tier: 'production' }],
    ['gitlab', { pipeline_source: 'push' }],
    ['gitlab', { project_visibility: 'private' }],
    ['gitlab', { runner_environment: 'gitlab-hosted' }],
    ['gitlab', { user_login: 'octocat' }],
    ['gitlab', { project_path: '*' }],
    ['gitlab', { project_path: '**' }],
    ['gitlab', { project_path: '*/api' }],
    ['gitlab', { project_path: 'acme*/api' }],
    ['gitlab', { project_path: ['acme/api', '**/api'] }],
    ['gitlab', { project_id: '4*' }],
    ['gitlab', { namespace_path: 'acme*' }],
    ['gitlab', { sub: 'project_path:**:ref_type:branch:ref:main' }],
    ['gitlab', { sub: 'project_path:acme*' }],
    ['buildkite', { build_branch: 'main' }],
    ['buildkite', { pipeline_slug: 'api', build_branch: 'main' }],
    ['buildkite', { organization_slug: 'acme*' }],
    ['buildkite', { sub: 'organization:*:pipeline:api:*' }],
    ['google', { email_verified: 'true' }],
    ['google', { email: '*@*.iam.gserviceaccount.com' }],
    ['google', { email: '*@developer.gserviceaccount.com' }],
    ['google', { email: '*@gmail.com' }],
    ['google', { sub: '10402929285309997829*' }],
    ['circleci', { 'oidc.circleci.com/vcs-ref': 'refs/heads/main' }],
    ['circleci', { sub: 'org/*/project/**' }],
    ['bitbucket', { branchName: 'main', deploymentEnvironment: 'production' }],
    ['cluster', { sub: 'system:serviceaccount:*' }],
    ['cluster', { sub: 'system:serviceaccount:*:*' }],
    ['ownGitlab', { ref: 'main' }],
    ['ownGitlab', { project_path: '*/*' }],
    ['ownGitlab', { project_path: '**/api' }],
    ['own', { sub: '*' }],
    ['own', { sub: '**' }],
    ['own', { sub: '***' }],
    ['own', { sub: '**/*' }],
    ['own', { sub: '*:*' }],
    ['own', { email: '*@*.*' }],
    ['own', { iss: 'https://id.example.com' }],
    ['own', { aud: 'https://deploy.example.com/**', jti: '*', exp: '*' }],
    ['own', { event_name: 'push', ref: 'refs/heads/main', ref_type: 'branch' }],
    ['own', { sha: '0123456789abcdef0123456789abcdef01234567' }],
    ['own', { workflow: 'deploy' }],
  ])('at %s: %o', ([issuer, claims]) => {
    expect(problems(withApp(rule(issuer, claims)))).toEqual([
      expect.stringMatching(
        /^config\.yaml:5:19: apps\.api\.auth\.oidc: no claim says who: everybody whom https:\S+ knows could deploy; add \w/,
      ),
    ])
  })
})

test('an issuer of everybody is told which claims are pins there', () => {
  expect(problems(withApp(rule('gitlab', { ref: 'main' })))).toEqual([
    'config.yaml:5:19: apps.api.auth.oidc: no claim says who: everybody whom https://gitlab.com knows could deploy; add project_id, project_path, namespace_id, namespace_path or sub',
  ])
})
