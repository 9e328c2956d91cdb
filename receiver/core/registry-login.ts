/** How a registry is signed in to, as configured. */
export type RegistryLogin =
  | { kind: 'password'; username: string; password: string }
  /** The file is read at each use, so that it may change. */
  | { kind: 'password_file'; username: string; file: string }
  /** AWS's credentials, by its usual chain; `''` for the host's region and the usual profile. */
  | { kind: 'ecr'; region: string; profile: string }
  /** The machine's identity, or with a secret an application. */
  | { kind: 'azure'; clientId: string; tenantId: string; clientSecret: string }
  | { kind: 'github_app'; id: string; installation: string; keyFile: string }
