import type { Config } from '../config/config.ts'
import type { FirstConfig } from '../config/first-config.ts'
import type { Finding } from '../core/finding.ts'
import type { GithubLook } from '../core/github.ts'
import { lookAtRepository } from '../edges/github.ts'
import { ownAddresses } from '../edges/own-addresses.ts'
import { findPublicAddress, type PublicAddress } from '../edges/public-address.ts'
import { hasUnit, startUnit } from '../edges/service.ts'
import { findProject, type FirstProject } from './first-project.ts'
import { type FirstFiles, writeFirstFiles } from './first-files.ts'
import { lookAtWayIn } from './doctor/look-at-way-in.ts'

/** What is asked of this machine, of GitHub and of name servers when a receiver is set up. */
export interface Machine {
  address(): Promise<PublicAddress | undefined>
  repository(name: string): Promise<GithubLook>
  project(file: string, service: string | undefined): Promise<FirstProject>
  write(
    first: FirstConfig,
    file: string,
    secrets: Readonly<Record<string, string>>,
    projects?: FirstProject['projects'],
  ): FirstFiles
  wayIn(config: Config): Promise<Finding[]>
  hasUnit(): Promise<boolean>
  startUnit(): Promise<void>
}

export const thisMachine: Machine = {
  address: () => findPublicAddress(ownAddresses()),
  repository: (name) => lookAtRepository(name, process.env),
  project: (file, service) => findProject(file, service, process.env),
  write: writeFirstFiles,
  wayIn: lookAtWayIn,
  hasUnit,
  startUnit,
}
