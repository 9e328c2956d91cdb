/** An `::error::`, `::warning::` or `::notice::`. */
export interface Annotation {
  level: 'error' | 'warning' | 'notice'
  message: string
  title?: string
}

export interface CommandReader {
  /** Takes one line of a step's output. */
  read: (line: string) => void
  annotations: Annotation[]
  masks: string[]
  mask: (text: string) => string
}

const COMMANDS = new Set([
  'add-mask',
  'debug',
  'echo',
  'endgroup',
  'error',
  'group',
  'notice',
  'save-state',
  'set-output',
  'stop-commands',
  'warning',
])

/** Interprets workflow commands as actions/runner does (`ActionCommand.cs`, `ActionCommandManager.cs`). */
export const createCommandReader = (print: (line: string) => void): CommandReader => {
  const annotations: Annotation[] = []
  const masks: string[] = []
  let stopToken = ''

  const mask = (text: string): string =>
    masks.reduce((masked, secret) => masked.replaceAll(secret, '***'), text)

  const addMask = (secret: string): void => {
    // each line of a secret is one too; the longest are replaced first
    masks.push(
      ...[secret, ...secret.split(/\r?\n/)].filter((part) => part !== '' && !masks.includes(part)),
    )
    masks.sort((a, b) => b.length - a.length)
  }

  const read = (line: string): void => {
    const command = parseCommand(line, stopToken)
    if (command === undefined) return print(mask(line))
    const { name, data } = command
    if (stopToken !== '') {
      if (name === stopToken) stopToken = ''
      return print(mask(line))
    }
    switch (name) {
      case 'add-mask':
        return addMask(data)
      case 'stop-commands':
        stopToken = data
        return print(mask(line))
      case 'error':
      case 'warning':
      case 'notice': {
        const { title } = command.properties
        annotations.push({ level: name, message: mask(data), ...(title && { title: mask(title) }) })
        return mask(data)
          .split('\n')
          .forEach((part, at) => print(at === 0 ? `${name}: ${part}` : part))
      }
      case 'group':
        return print(`▾ ${mask(data)}`)
      case 'set-output':
      case 'save-state':
        throw new Error(`::${name}:: is disabled on GitHub: it has to go through the file`)
    }
  }
  return { read, annotations, masks, mask }
}

interface Command {
  name: string
  properties: Record<string, string>
  data: string
}

/** `::name key=value,…::data` after white space, or `##[name key=value;…]data` anywhere. */
function parseCommand(line: string, stopToken: string): Command | undefined {
  const found =
    /^\s*::([^\s:]+)(?: ((?:(?!::).)*))?::(.*)$/.exec(line) ??
    /##\[([^\s\]]+)(?: ([^\]]*))?\](.*)$/.exec(line)
  const [, name = '', properties = '', data = ''] = found ?? []
  if (!COMMANDS.has(name) && (name === '' || name !== stopToken)) return undefined
  const pairs = properties.split(/[,;]/).map((pair) => {
    const at = pair.indexOf('=')
    return [pair.slice(0, at).trim(), unescape(pair.slice(at + 1))] as const
  })
  return { name, properties: Object.fromEntries(pairs), data: unescape(data) }
}

const unescape = (text: string): string =>
  text
    .replaceAll('%0D', '\r')
    .replaceAll('%0A', '\n')
    .replaceAll('%3A', ':')
    .replaceAll('%2C', ',')
    .replaceAll('%25', '%')
