import type { Seen } from '../../../core/slots/maintenance.ts'
import type { AskedSite } from './ask.ts'
import { doorsOf } from './doors.ts'
import { knock } from './knock.ts'
import type { ServerBlock } from './server-blocks.ts'
import { askable, type Place, url } from './visit.ts'

/**
 * Asks Nginx for an app's first page as visitors do, by each name and address at which a location of it looks at this flag; if none does,
 * by its domains. What only sends them elsewhere is left out. Never rejects.
 */
export async function askFrontPages(
  { places }: Pick<AskedSite, 'places'>,
  { blocks, flag }: { blocks: readonly ServerBlock[] | undefined; flag: string },
): Promise<Seen[]> {
  const looking = (blocks ?? []).flatMap((block) => pagesOf(block, flag))
  const pages = looking.length > 0 ? looking : places.map((place) => ({ ...place, path: '/' }))
  return (await Promise.all(pages.map(ask))).flat()
}

type Page = Place & { path: string }

const pagesOf = ({ names, listens, looksAt }: ServerBlock, flag: string): Page[] =>
  looksAt
    .filter(({ file }) => file === flag)
    .flatMap(({ path }) =>
      names.flatMap((each) => {
        const name = askable(each)
        return name === undefined ? [] : listens.map((listen) => ({ name, listen, path }))
      }),
    )

async function ask({ name, listen, path }: Page): Promise<Seen[]> {
  const [door] = doorsOf(listen)
  if (door === undefined) return []
  // nobody says a zero: whatever comes is told by its status
  const answer = await knock(door, { host: name, path, says: '\0' })
  const at = `${url(door.tls ? 'https' : 'http', { name, door })}${path}`
  if (answer.kind !== 'other') return [{ at }]
  const isElsewhere = answer.status >= 300 && answer.status <= 399
  return isElsewhere ? [] : [{ at, status: answer.status }]
}
