/** What is deployed while a fault strikes. */
export interface Scenario {
  name: string
  /** Of each point: a fresh app for a first deployment, else one that has version 1 live. */
  app: 'fresh' | 'standing' | 'alone' | 'warm' | 'twins' | 'keeping' | 'shop' | 'preview'
  /** The hook's body, when `live` and `other` are the digests of what is live and of what is not. */
  body(digests: { live: string; other: string; broken: string }, repository: string): object
  /** Whether visitors may be asked to wait. */
  pauses: boolean
}

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'first',
    app: 'fresh',
    body: ({ other }, repository) => ({ image: `${repository}@${other}` }),
    pauses: true,
  },
  {
    name: 'update',
    app: 'standing',
    body: ({ other }, repository) => ({ image: `${repository}@${other}` }),
    pauses: false,
  },
  {
    name: 'failing',
    app: 'standing',
    body: ({ broken }, repository) => ({ image: `${repository}@${broken}` }),
    pauses: false,
  },
  {
    name: 'rollback',
    app: 'standing',
    body: ({ other }) => ({ rollback: other }),
    pauses: false,
  },
  {
    name: 'recreate',
    app: 'alone',
    body: ({ other }, repository) => ({ image: `${repository}@${other}` }),
    pauses: true,
  },
  {
    name: 'warm',
    app: 'warm',
    body: ({ other }) => ({ rollback: other }),
    pauses: false,
  },
  {
    name: 'replicas',
    app: 'twins',
    body: ({ other }, repository) => ({ image: `${repository}@${other}` }),
    pauses: false,
  },
  {
    name: 'volume',
    app: 'keeping',
    body: ({ other }, repository) => ({ image: `${repository}@${other}` }),
    pauses: true,
  },
  {
    name: 'compose',
    app: 'shop',
    body: ({ other }, repository) => ({ image: `${repository}@${other}` }),
    pauses: false,
  },
  {
    // one goes, and another one of the same image comes: `previews.ts` has what is sent
    name: 'preview',
    app: 'preview',
    body: () => ({}),
    pauses: false,
  },
]
