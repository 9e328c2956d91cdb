import type { Sender } from './intake/audit.ts'

/** What GitHub says of a repository, or why it does not. */
export type GithubLook =
  | {
      found: true
      /** `owner/name`, as GitHub writes it. */
      name: string
      /** Numbers that stay when it is renamed. */
      ids: { repository: string; owner: string }
      /** The one that is its default. */
      branch: string
    }
  | { found: false; why: string }

const GITHUB_ISSUER = 'https://token.actions.githubusercontent.com'

/** `owner/name`, as a token of GitHub's own said, or of an Enterprise Server's. */
export function verifiedRepository(sender: Sender | undefined): string | undefined {
  const { issuer = '', claims } = sender ?? {}
  const isGithub = issuer.startsWith(GITHUB_ISSUER) || issuer.endsWith('/_services/token')
  return isGithub ? claims?.['repository'] : undefined
}
