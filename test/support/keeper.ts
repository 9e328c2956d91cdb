import { clearAway } from './clear-away.ts'

// Started by openWorkspace: standard input ends when whoever opened the workspace is gone, in whatever way.
const dir = process.argv[2]
if (dir === undefined) throw new Error('keeper.ts wants the directory of a workspace')
for await (const _ of process.stdin);
await clearAway(dir)
