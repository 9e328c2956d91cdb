/** What every file of ours begins with. */
export const HEAD = '# Written by deploy-receiver, and written again when its config changes.\n'

export const indent = (text: string) => text.replace(/^(?=.)/gm, '  ')
