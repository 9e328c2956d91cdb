import type { Home } from '../../receiver/edges/docker/labels.ts'

/** The installation that tests are, unless they say which. */
export const INSTALLATION = { id: '00112233aabbccdd', knows: () => false }

/** That installation on a network. */
export const homeOn = (network: string): Home => ({ network, installation: INSTALLATION })
