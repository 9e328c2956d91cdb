import { parseImage } from '../../../protocol/image-reference.ts'
import { acceptedBy, type FirstConfig, type FirstVariable } from '../../config/first-config.ts'

export interface ToPaste {
  title: string
  text: string
}

/** What goes to GitHub, or to whoever else triggers deployments. No secret stands in it: it says where that is. */
export function whatToPaste(
  first: FirstConfig,
  { url, env, variables }: { url: string; env: string; variables: readonly FirstVariable[] },
): ToPaste[] {
  const { app, image, trigger } = first
  const hook = `${url}/hooks/${app}`
  const variable = variables.find(({ kind }) => kind !== 'password')?.name ?? ''
  const secret = `sudo sed -n 's/^${variable}=//p' ${env}`
  switch (trigger) {
    case 'oidc':
      return [{ title: WORKFLOW, text: workflow(first, [`url: ${hook}`]) }]
    case 'hmac':
      return [
        { title: WORKFLOW, text: workflow(first, [`url: ${hook}`, `secret: ${SECRET}`]) },
        { title: 'the value of the secret DEPLOY_KEY', text: secret },
      ]
    case 'token':
      return [
        { title: WORKFLOW, text: workflow(first, [`url: ${withToken(hook, app, SECRET)}`]) },
        { title: 'the value of the secret DEPLOY_KEY', text: secret },
      ]
    case 'registry': {
      const isGithub = acceptedBy(first).includes('github')
      return [
        isGithub
          ? {
              title: "a webhook of the repository or organization, in GitHub's settings",
              text: `Payload URL:  ${hook}\nContent type: application/json\nEvents:       Packages, Registry packages\nSecret:       what this prints: ${secret}`,
            }
          : {
              title: `a webhook of ${parseImage(image).registry} for pushes: its URL`,
              text: `${withToken(hook, app, 'TOKEN')}\nTOKEN is what this prints: ${secret}`,
            },
      ]
    }
    case 'poll':
      return [{ title: 'nothing to paste', text: `what is pushed as ${image} runs a minute later` }]
  }
}

const WORKFLOW = '.github/workflows/deploy.yml'
const SECRET = '${{ secrets.DEPLOY_KEY }}'

const withToken = (hook: string, app: string, token: string) =>
  hook.replace('://', `://${app}:${token}@`)

/** As YAML has it. */
const quoted = (branch: string) =>
  /^[A-Za-z][A-Za-z0-9._/-]*$/.test(branch) ? branch : `'${branch.replaceAll("'", "''")}'`

function workflow({ app, image, github, trigger }: FirstConfig, step: readonly string[]): string {
  const { registry, repository } = parseImage(image)
  const isGhcr = registry === 'ghcr.io'
  const own = github === undefined ? undefined : `ghcr.io/${github.name.toLowerCase()}`
  const permissions = [
    'contents: read',
    ...(isGhcr ? ['packages: write # push to ghcr.io'] : []),
    ...(trigger === 'oidc' ? ['id-token: write # sign the hook'] : []),
  ]
  const inputs = [
    ...step,
    ...(repository === own ? [] : [`image: ${repository}`]),
    // docs/action.md has the ways without a password
    ...(isGhcr
      ? []
      : [
          `registry: ${registry}`,
          'username: ${{ vars.REGISTRY_USER }}',
          'password: ${{ secrets.REGISTRY_PASSWORD }}',
        ]),
  ]
  return `name: Deploy
on:
  push:
    branches: [${quoted(github?.branch ?? 'main')}]
permissions:
${permissions.map((each) => `  ${each}`).join('\n')}
jobs:
  deploy:
    runs-on: ubuntu-latest
    concurrency: deploy-${app}
    steps:
      - uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0
      - uses: docker/setup-buildx-action@8d2750c68a42422c14e847fe6c8ac0403b4cbd6f # v3.12.0
      - uses: org/deploy-action@v1
        with:
${inputs.map((each) => `          ${each}`).join('\n')}`
}
