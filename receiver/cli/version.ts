import { VERSION } from '../version.ts'
import { command } from './command.ts'

export const versionCommand = () =>
  command('version', 'print the version').action(() => console.log(VERSION))
