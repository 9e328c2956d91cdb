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
  /** The layers of an image, from the lowest, of a multi-platform one those of that platform. Throws when it cannot tell. */
  layers(
    image: { repository: string; digest: string },
    platform: Platform,
    signal: AbortSignal,
  ): Promise<Layer[]>
  /** What an image was built for, as `linux/arm64`; empty when it does not say. Throws `DeployError`. */
  platforms(image: { repository: string; digest: string }, signal: AbortSignal): Promise<string[]>
}
