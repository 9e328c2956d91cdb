import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSlots } from '../../receiver/edges/slots.ts'
import { createFakeSlots, type FakeFlag } from '../support/fakes/slots.ts'
import { slotsContract } from './slots.ts'

slotsContract('the fake', () => {
  const flags = new Map<string, FakeFlag>()
  const reopened = () => createFakeSlots({ flags }).slots
  return { slots: reopened(), reopened, close: () => {} }
})

slotsContract('files', () => {
  const data = mkdtempSync(join(tmpdir(), 'slots-'))
  const reopened = () => createSlots(data)
  return { slots: reopened(), reopened, close: () => rmSync(data, { recursive: true }) }
})
