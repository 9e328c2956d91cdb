/** In the names that images have: `linux`, `amd64`. */
export interface Platform {
  os: string
  architecture: string
}

/** One layer of an image. */
export interface Layer {
  /** Digest of what it unpacks to. */
  diffId: string
  /** Size as the registry has it, mostly compressed. */
  bytes: number
}

/** What is asked of registries. */
export interface Registry {
  /** The digest that a tag stands for now. Throws `DeployError`. */
  resolve(image: { repository: string; tag: string }, signal: AbortSignal): Promise<string>
  /**
   * The layers of an image, from the lowest, of a multi-platform one those of that platform; without one its list is looked at
   * and no layer told. Throws `DeployError`: `digest_mismatch` when what the registry has is not what digests and sizes say,
   * `image_invalid` when it is longer than any image's manifest or config, `platform_missing`, and others when it cannot tell.
   */
  layers(
    image: { repository: string; digest: string },
    platform: Platform | undefined | Promise<Platform | undefined>,
    signal: AbortSignal,
  ): Promise<Layer[]>
  /** What an image was built for, as `linux/arm64`; empty when it does not say. Throws `DeployError`. */
  platforms(image: { repository: string; digest: string }, signal: AbortSignal): Promise<string[]>
}

/** How a registry is signed in to, as configured. */
export type RegistryLogin =
  | { kind: 'password'; username: string; password: string }
  /** The file is read at each use, so that it may change. */
  | { kind: 'password_file'; username: string; file: string }
  /** AWS's credentials, by its usual chain; `''` for the host's region and the usual profile. */
  | { kind: 'ecr'; region: string; profile: string }
  /** The machine's identity, or with a secret an application. */
  | { kind: 'azure'; clientId: string; tenantId: string; clientSecret: string }
  /** The service account of a machine at Google. */
  | { kind: 'gcp' }
  | { kind: 'github_app'; id: string; installation: string; keyFile: string }

/** What to do when a registry says no, whether the receiver or the engine asked it. */
export const REGISTRY_HINTS = {
  denied:
    'check username and password under `registries:` and that this user may pull the repository (some registries also answer so when the repository does not exist)',
  busy: 'the registry limits how often it is asked (Docker Hub: by address, more with a login): set username and password under `registries:`, or deploy again later',
  otherBytes:
    "the registry gave something else than what was asked for: check the registry, or Docker's registry-mirrors",
  platform:
    'the image was not built for this machine: add its platform to the build (platforms: linux/amd64,linux/arm64)',
  missing: 'check that this tag or digest was pushed to this repository, and was not deleted since',
} as const
