/** What is shown of an app that is a preview: whose, and when it goes. Times are ISO 8601, UTC. */
export interface DescribedPreview {
  /** The app that it is a preview of. */
  of: string
  made_at: string
  deployed_at: string
  /** When it goes if nothing changes; `null`: when somebody removes it, and by no time. */
  goes_at: string | null
  /** Why it goes then: it had no deployment for `ttl`, its pull request or branch is gone, or its removal was asked for. */
  goes_by: 'ttl' | 'closed' | 'removal' | null
  /** Since when its pull request is known to be closed, or its branch gone. */
  closed_since: string | null
}

/** What a preview outlives when it lives on, by its name. */
export const outlived = (app: string): string =>
  /--pr-\d+$/.test(app) ? 'its pull request is closed' : 'its branch is gone'
