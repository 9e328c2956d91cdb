import { clearAway } from './clear-away.ts'

// Started by the shell of a workspace once whoever opened it is gone, and for workspaces that are found abandoned.
const dir = process.argv[2]
if (dir === undefined) throw new Error('keeper.ts wants the directory of a workspace')
await clearAway(dir, { environments: true })
