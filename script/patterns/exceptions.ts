/** A pattern that does not pass the check, and why it may stand. One that would pass is an error: the list only shrinks. */
export interface Exception {
  file: string
  /** As it is printed: `/…/flags`, or the expression that makes it. */
  text: string
  why: string
}

const excepted = (why: string, patterns: Readonly<Record<string, readonly string[]>>) =>
  Object.entries(patterns).flatMap(([file, texts]) => texts.map((text) => ({ file, text, why })))

export const EXCEPTIONS: readonly Exception[] = [
  ...excepted('it reads what whoever set this up wrote: the config, the environment, the inputs', {
    'protocol/registries/aws.ts': [
      String.raw`/^\s*\[\s*(?:profile\s+)?([^\]]+?)\s*\]/`,
      String.raw`/^\s*([\w-]+)\s*=\s*(.*?)\s*$/`,
    ],
    'protocol/duration.ts': [String.raw`/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g`],
    'receiver/edges/credentials/docker-config.ts': [String.raw`/\/.*$/`, String.raw`/^\0+|\0+$/g`],
  }),
  ...excepted('its text is not known before it runs', {
    // the workflow's own, which runs on its own machine
    'action/metadata/give.ts': ['new RegExp(source, flags)'],
    // a name of three, none of which means anything in a pattern
    'protocol/registries/ecr.ts': ['new RegExp(`<${name}>([^<]+)</${name}>`)'],
    // a choice of texts without any repetition
    'receiver/core/redaction/redact.ts': ["new RegExp(values.map(pattern).join('|'), 'g')"],
  }),
]
