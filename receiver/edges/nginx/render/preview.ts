import type { Front } from './site.ts'
import type { Names } from './variables.ts'

type Sharing = Pick<Front, 'app' | 'previews'>

/** The preview that a request is for. */
export const NAME = '${receiver_preview}'
/** Where its slot is: `address:port`. */
const PLACE = '$receiver_at'

/** What the app of a request is called in texts and paths: of a site of previews, the request says it. */
export const calledIn = ({ app, previews }: Sharing): string =>
  previews === undefined ? app : NAME

/** In place of {@link calledIn}, where what a variable may hold is no question. */
export const withoutName = (text: string): string => text.replaceAll(NAME, 'name')

/** Patterns of the names of all previews of an app, and of the domain below which they are. */
const nameOf = (app: string) => `${app}--[a-z0-9-]+`
const below = (domain: string) => `.${domain}$`.replaceAll('.', String.raw`\.`)

/**
 * For `server_name`. A wildcard goes before a shorter one, and any before a pattern: previews are found below a domain of which all
 * other names are another site's. Only apps that share a domain need patterns.
 */
export const serverNames = ({ app, previews }: Sharing, names: readonly string[]): string =>
  previews === undefined || previews.isAlone
    ? names.join(' ')
    : `"~^${nameOf(app)}${below(previews.domain)}"`

/** In the server block: a name of which there is no preview gets no answer, as one that no site has. */
export const findPreview = ({ app, previews }: Sharing): string =>
  previews === undefined
    ? ''
    : `open_file_cache off; # previews come and go
disable_symlinks off; # and are found by links
set $receiver_preview "";
if ($host ~ "^(?<receiver_preview>${nameOf(app)})${below(previews.domain)}") { }
if (!-e ${previews.upstreams}/${NAME}_blue) { return 444; }
`

/** In a location that has chosen a slot, before it passes on: finds its place, for `$realpath_root` is where a link leads. */
export const findPlace = ({ previews }: Sharing, { variable }: Names): string =>
  previews === undefined
    ? ''
    : `root ${previews.upstreams}/$${variable};
set ${PLACE} "";
if ($realpath_root ~ "/(?<receiver_at>[^/]+)\\z") { }
`

/** What to pass on to: an `upstream` by its name, or a place. */
export const placeOf = ({ previews }: Sharing, { variable }: Names): string =>
  previews === undefined ? `$${variable}` : PLACE
