/**
 * What becomes of a file of ours that somebody edited and that the config wants otherwise by now: the change is refused, or
 * the file left alone, or written anew.
 */
export type OnEdit = 'refuse' | 'leave' | 'overwrite'
