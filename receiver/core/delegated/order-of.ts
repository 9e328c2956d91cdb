import type { AppSpec } from '../app.ts'
import { imageOf, type StoredDeployment } from '../journal.ts'
import type { Order } from './orchestrator.ts'

/** What a deployment asks of an orchestrator, once its digest is known. */
export const orderOf = <App extends AppSpec>(app: App, stored: StoredDeployment): Order<App> => ({
  app,
  deployment: stored.deployment.id,
  generation: stored.generation,
  ...imageOf(stored),
})
