/**
 * Whether the claims of a rule say who may deploy, so that not everybody whom the issuer knows could. `remedy` is what to
 * add when they do not. Of a list of allowed values each has to be a pin.
 */
export function pinOf(
  issuer: string,
  claims: Readonly<Record<string, readonly string[]>>,
): { isPinned: boolean; remedy: string } {
  const host = URL.canParse(issuer) ? new URL(issuer).host : ''
  const pins = SHARED.get(host)
  const isPin = (name: string, pattern: string) =>
    pins === undefined
      ? !NAMES_NOBODY.has(wordOf(name)) && ownForm(name)(pattern)
      : (pins.get(name)?.(pattern) ?? false)
  return {
    isPinned: Object.entries(claims).some(([name, patterns]) =>
      patterns.every((pattern) => isPin(name, pattern)),
    ),
    remedy:
      pins === undefined
        ? 'add a claim that names your project, like project_id or sub; a branch, an environment or an event names nobody'
        : `add ${[...pins.keys()].join(', ').replace(/, (?=[^,]*$)/, ' or ')}`,
  }
}

/** Whether an allowed value of a claim says who. */
type Form = (pattern: string) => boolean

const whole: Form = (pattern) => /^[^*]+$/.test(pattern)
/** `owner/name`. A pattern for the owner is no pin, for anybody can make an owner. */
const owned: Form = (pattern) => /^[^*/]+\/./.test(pattern)
const owner: Form = (pattern) => /^[^*/]+(?:\/|$)/.test(pattern)
/** A word of it is written out: `*1*` and `a*` fit too many. */
const worded: Form = (pattern) => whole(pattern) || /[\p{L}\p{N}]{3}/u.test(pattern)
/** More than asterisks and what may stand between them. */
const something: Form = (pattern) => /[\p{L}\p{N}]/u.test(pattern)

/** A subject is words and values in turn, and every subject has the words: the first value has to be written out, or begin so. */
const subject: Form = (pattern) => something(firstValue(pattern).split('*', 1)[0] ?? '')
/** At an issuer of everybody, the whole first value: `acme*` is `acme-evil` too. */
const wholeSubject: Form = (pattern) => /^[^*:/]+(?:[:/]|$)/.test(firstValue(pattern))

/** Of Google: one account, or all service accounts of one project. */
const email: Form = (pattern) =>
  whole(pattern) || /@[^*@]+\.iam\.gserviceaccount\.com$/.test(pattern)

const firstValue = (pattern: string) =>
  pattern.replace(
    /^(?:system:serviceaccount|project_path|organization|org|owner|pulumi:deploy:org|project|workspace|repo)[:/]/,
    '',
  )

const GITHUB = new Map<string, Form>([
  ['repository_id', whole],
  ['repository', owned],
])

/** Issuers of which everybody can have a token, with the claims that tell one customer's from another's. */
const SHARED: ReadonlyMap<string, ReadonlyMap<string, Form>> = new Map([
  ['token.actions.githubusercontent.com', GITHUB],
  [
    'gitlab.com',
    new Map<string, Form>([
      ['project_id', whole],
      ['project_path', owned],
      ['namespace_id', whole],
      ['namespace_path', owner],
      ['sub', wholeSubject],
    ]),
  ],
  [
    'agent.buildkite.com',
    new Map<string, Form>([
      ['organization_id', whole],
      ['organization_slug', whole],
      ['pipeline_id', whole],
      ['sub', wholeSubject],
    ]),
  ],
  [
    'app.terraform.io',
    new Map<string, Form>([
      ['terraform_organization_id', whole],
      ['terraform_organization_name', whole],
      ['terraform_workspace_id', whole],
      ['sub', wholeSubject],
    ]),
  ],
  [
    'oidc.vercel.com',
    new Map<string, Form>([
      ['owner_id', whole],
      ['project_id', whole],
      ['owner', whole],
      ['sub', wholeSubject],
    ]),
  ],
  [
    'api.pulumi.com',
    new Map<string, Form>([
      ['org', whole],
      ['sub', wholeSubject],
    ]),
  ],
  [
    'accounts.google.com',
    new Map<string, Form>([
      ['sub', whole],
      ['email', email],
    ]),
  ],
])

/** Numbers have no beginning that says anything: `1*` is a ninth of all. */
const ownForm = (name: string): Form =>
  OWN_FORMS.get(name) ?? (/(?:^|[-_/]|[a-z](?=I))id$/i.test(name) ? whole : worded)

/** Forms of well-known claims at an issuer of one's own. */
const OWN_FORMS = new Map<string, Form>([
  ['sub', subject],
  ['project_path', owned],
  ['namespace_path', owner],
  ['repository', owned],
  // gitlab.example.com/group/project//.gitlab-ci.yml@refs/heads/main
  ['ci_config_ref_uri', (pattern) => /^[^*/]+\/[^*/]+\//.test(pattern)],
])

/** `oidc.circleci.com/vcs-ref` and `branchName` are written like `ref_type`. */
const wordOf = (name: string) =>
  name
    .slice(name.lastIndexOf('/') + 1)
    .replace(/[-_]/g, '')
    .toLowerCase()

/**
 * Claims that say what ran, where and when, but not whose it is: every project has a branch `main`. The first lines are the
 * standard ones (RFC 7519, OpenID Connect Core) but `sub`.
 */
const NAMES_NOBODY = new Set(
  `iss aud exp nbf iat jti azp nonce auth_time acr amr at_hash c_hash sid typ
   email_verified phone_number_verified updated_at locale zoneinfo
   ref ref_type ref_name ref_path ref_protected base_ref head_ref vcs_ref branch branch_name build_branch source_branch
   target_branch default_branch tag tag_name build_tag sha commit commit_sha build_commit head_sha
   event event_name event_type pipeline_source build_source source trigger run_phase terraform_run_phase operation
   user_access_level rpo_ref rpo_ver
   environment environment_name environment_type environment_action environment_protected deployment_tier
   deployment_environment
   workflow workflow_sha job job_name job_workflow_sha step step_key run_id run_number run_attempt build_number
   runner_environment runner_id visibility repository_visibility project_visibility`
    .split(/\s+/)
    .map(wordOf),
)
