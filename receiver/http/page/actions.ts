import { html } from 'hono/html'
import type { Deployment } from '../../../protocol/deployment.ts'
import { holdsOf } from '../../core/intake/hold.ts'
import { lineOf } from '../../core/log.ts'
import type { Person } from '../../core/sign-in/session.ts'
import type { Request } from '../../core/intake/new-deployment.ts'
import { RequestError } from '../../core/intake/rollback-target.ts'
import { submit } from '../../core/intake/submit.ts'
import {
  type By,
  type OperateServices,
  orderRestart,
  orderStart,
  orderStop,
} from '../admin/operate.ts'
import { type MaintenanceServices, switchedMaintenance } from '../admin/maintenance.ts'
import type { FindServices } from '../admin/find.ts'
import { appNamed } from '../apps.ts'
import { ProblemError } from '../problem.ts'
import { type Html, NOTHING, version } from './text.ts'

export type ActServices = OperateServices & MaintenanceServices & Pick<FindServices, 'archive'>

interface Order {
  app: string
  /** Of a rollback: the deployment that it goes back to; of what is on hold: its digest. */
  to?: string
  by: By
}

interface Action {
  /** On its button. */
  word: string
  /** What it does, to be read before it is done. */
  says: string
  danger?: boolean
  /** Resolves to where its outcome is seen. */
  act(order: Order, services: ActServices): Promise<string> | string
}

/** All that the page does to an app, in the words of the commands. */
export const ACTIONS = {
  deploy: {
    word: 'Deploy',
    says: 'It asks the registry what the followed tag stands for now, and puts that live. Visitors notice nothing; if it fails, what is live goes on.',
    act: ({ app, by }, services) =>
      order({ action: 'redeploy' }, { app, by, summary: 'redeploy' }, services),
  },
  restart: {
    word: 'Restart',
    says: 'What is live is started once more beside itself, and takes over when it is healthy. Visitors notice nothing.',
    act: ({ app, by }, services) => place(orderRestart(app, by, services).id),
  },
  rollback: {
    word: 'Roll back',
    says: 'It comes back with the settings that it ran with, and stays until somebody orders something else: a push alone does not bring back what you leave.',
    act: ({ app, to = 'previous', by }, services) =>
      order({ action: 'rollback', to }, { app, by, summary: `rollback to ${to}` }, services),
  },
  'bring-back': {
    word: 'Bring it back',
    says: 'What was left is deployed once more, by the same steps as anything else, and is not on hold any longer: what a registry says of it counts again.',
    act: ({ app, to = '', by }, services) => {
      const { tag } = heldBack(app, to, services).image
      const request = {
        action: 'deploy',
        digest: to,
        ...(tag === undefined ? {} : { tag }),
      } as const
      return order(request, { app, by, summary: `bring back ${tag ?? to}` }, services)
    },
  },
  stop: {
    word: 'Stop',
    says: 'Its containers end, and visitors are told so, until it is started or deployed.',
    danger: true,
    act: async ({ app, by }, services) => {
      await orderStop(app, by, services)
      return `/page/apps/${app}`
    },
  },
  start: {
    word: 'Start',
    says: 'What was stopped runs again, and visitors come to it when it is healthy.',
    act: async ({ app, by }, services) => {
      await orderStart(app, by, services)
      return `/page/apps/${app}`
    },
  },
  'maintenance-on': {
    word: 'Maintenance on',
    says: 'From now on visitors get a page that says so, with status 503, until it is switched off. The containers go on.',
    danger: true,
    act: (order_, services) => maintenance(true, order_, services),
  },
  'maintenance-off': {
    word: 'Maintenance off',
    says: 'Visitors come to the app again.',
    act: (order_, services) => maintenance(false, order_, services),
  },
} as const satisfies Readonly<Record<string, Action>> as Readonly<Record<ActionName, Action>>

export type ActionName =
  | 'deploy'
  | 'restart'
  | 'rollback'
  | 'bring-back'
  | 'stop'
  | 'start'
  | 'maintenance-on'
  | 'maintenance-off'

/** The action of that name. Throws `not_found`. */
export function actionNamed(name: string): { name: ActionName; action: Action } {
  if (!Object.hasOwn(ACTIONS, name)) {
    throw new ProblemError('not_found', `there is no action ${JSON.stringify(name)}`)
  }
  return { name: name as ActionName, action: ACTIONS[name as ActionName] }
}

/** The newest deployment of a digest that is on hold. Throws `not_found`: there may be no hold on it any more. */
export function heldBack(
  app: string,
  digest: string,
  { archive }: Pick<ActServices, 'archive'>,
): Deployment {
  const holds = holdsOf(archive.recent(app), archive.live(app)?.deployment)
  // what is on hold is among the newest ones
  const newest = holds.some((each) => each.digest === digest)
    ? firstOf(archive.recent(app), ({ image }) => image.digest === digest)
    : undefined
  if (newest !== undefined) return newest
  throw new ProblemError(
    'not_found',
    `nothing of ${app} with the digest ${JSON.stringify(digest)} is on hold`,
    {
      hint: 'look at the app: another one may be live by now',
    },
  )
}

function firstOf<T>(all: Iterable<T>, isIt: (one: T) => boolean): T | undefined {
  for (const one of all) if (isIt(one)) return one
  return undefined
}

/** What is asked before anything is done. */
export function confirm(
  name: ActionName,
  { app, to, live }: { app: string; to: Deployment | undefined; live: Deployment | undefined },
): Html {
  const { word, says, danger } = ACTIONS[name]
  return html`<p class="crumbs"><a href="/page/apps/${app}">${app}</a></p>
    <h1>${word}: ${app}?</h1>
    ${live === undefined ? NOTHING : html`<p>Live now: ${version(live)}</p>`}
    ${to === undefined ? NOTHING : html`<p>Then: ${version(to)}</p>`}
    <p>${says}</p>
    <form method="post" class="actions">
      ${to === undefined ? NOTHING : html`<input type="hidden" name="to" value="${name === 'bring-back' ? (to.image.digest ?? '') : to.id}" />`}
      <button class="${danger === true ? 'danger' : 'primary'}">${word}</button>
      <a class="button" href="/page/apps/${app}">Leave it as it is</a>
    </form>`
}

/** Whoever acts here, as the audit trail has it. */
export const orderedBy = ({ name }: Person, request_id: string): By => ({
  sender: { kind: 'page', person: name },
  request_id,
})

const place = (deployment: string) => `/page/deployments/${deployment}`

function order(
  request: Request,
  { app: name, by, summary }: { app: string; by: By; summary: string },
  { apps, intake, wake, log }: ActServices,
): string {
  const { spec } = appNamed(name, apps)
  try {
    const submitted = submit(
      {
        app: spec,
        asks: { kind: 'order', request },
        source: by.sender.person === undefined ? {} : { actor: by.sender.person },
        attestations: [],
        bodySha256: '',
        audit: { ...by, request: summary },
      },
      intake,
    )
    if (submitted.kind !== 'accepted') throw new Error(`an order of the page was ${submitted.kind}`)
    log('info', `${summary} ordered`, lineOf(submitted.deployment))
    wake(spec.name)
    return place(submitted.deployment.id)
  } catch (error) {
    if (!(error instanceof RequestError)) throw error
    throw new ProblemError(error.code, error.message, { hint: error.hint })
  }
}

async function maintenance(
  isOn: boolean,
  { app, by: { sender } }: Order,
  services: ActServices,
): Promise<string> {
  await switchedMaintenance({ name: app, isOn, sender }, services)
  return `/page/apps/${app}`
}
