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
