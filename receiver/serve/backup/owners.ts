import { readFileSync } from 'node:fs'

/** Whose a file is, by name: numbers are others on the next machine. What has no name is root's. */
export const namesOf = ({ uid, gid }: { uid: number; gid: number }) => ({
  owner: nameIn('/etc/passwd', uid) ?? 'root',
  group: nameIn('/etc/group', gid) ?? 'root',
})

/** The numbers of this machine; `undefined`: nobody is called so. */
export const idsOf = ({ owner, group }: { owner: string; group: string }) => ({
  uid: idIn('/etc/passwd', owner),
  gid: idIn('/etc/group', group),
})

const nameIn = (file: string, id: number) =>
  rows(file).find(([, , number]) => number === `${id}`)?.[0]

function idIn(file: string, name: string): number | undefined {
  const id = rows(file).find(([each]) => each === name)?.[2]
  return id === undefined ? undefined : Number(id)
}

const rows = (file: string) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
