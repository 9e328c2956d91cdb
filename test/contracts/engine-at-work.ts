import type { Container } from '../../receiver/core/slots/container.ts'
import type { ContainerPlan, ReleasePlan } from '../../receiver/core/slots/ports.ts'
import type { Engine } from '../../receiver/edges/docker/engine.ts'

export interface Image {
  repository: string
  digest: string
}

export interface EngineUnderTest {
  engine: Engine
  /** The same engine, with a login that the registry refuses. */
  stranger: Engine
  /** That of another installation, on the same network. */
  neighbour: Engine
  /** Two of one repository, which the engine does not hold at first. They EXPOSE 8000 and have no HEALTHCHECK; `other` has the VOLUME /data. */
  image: Image
  other: Image
  /** What its registry does not have, and one whose registry does not answer. */
  missing: Image
  away: Image
  /** What its layers unpack to, from the lowest. */
  layersOf(image: Image): Promise<string[]>
  /** A container of `image` in blue, which says "listening" and "oh no" and serves until it is stopped. */
  plan(change?: Partial<ContainerPlan>): ContainerPlan
  /** Further addresses beside that of `plan()`. */
  addresses: readonly [string, string]
  nameOf(plan: ContainerPlan): string
  /** The test of a HEALTHCHECK that says "no database" and passes, fails with 3, or never ends. */
  test(kind: 'passes' | 'fails' | 'hangs', container: string): readonly string[]
  /** What others do to a container, behind our back. */
  befall: Readonly<
    Record<'pause' | 'cutOff' | 'cutOffFurther' | 'kill', (name: string) => Promise<void>>
  >
  /** A network beside the receiver's own. */
  further: string
  /** Starts what an older version made of `plan()`: a container with a volume at that path that has no name. Resolves to the container's. */
  older(path: string): Promise<string>
  /** Someone removes the images that have no tag and no container. */
  pruneImages(): Promise<void>
  /** Names of the volumes that there are. */
  volumes(): Promise<string[]>
  /** A command that says "one" and "two", waits for `end` if it is to, or prints 20 MB on one line, and ends with 3. */
  release(waits: 'at once' | 'until end' | 'for ever' | 'without a line end'): {
    plan: ReleasePlan
    /** How often it was started. */
    started(): number
    /** Resolves when it has ended. */
    end(): Promise<void>
  }
  close(): Promise<void>
}

/** An opened engine, and what is done with it again and again. */
export interface EngineAtWork {
  it: EngineUnderTest
  engine: Engine
  signal: AbortSignal
  further: { tags?: 'long' }
  pull(image: Image, by?: Engine, until?: AbortSignal): ReturnType<Engine['pull']>
  /** The engine holds none any more; otherwise what a test has pulled is there for the next one. */
  withoutImages(): Promise<void>
  /** A plan of another app. */
  otherApp(change?: Partial<ContainerPlan>): ContainerPlan
  /** A container that runs, as the engine shows it. */
  started(
    change?: Partial<ContainerPlan>,
  ): Promise<{ plan: ContainerPlan; container: Container; name: string }>
  /** What comes and goes of a container. */
  look(container: string): Promise<object>
}
