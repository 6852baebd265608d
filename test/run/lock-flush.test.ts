/** What a power cut leaves of a lock: the order of what the system is asked for. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { acquireLock } from '../../src/run/lock.ts'

const asked = vi.hoisted((): string[] => [])

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>()
  return {
    ...fs,
    fsyncSync: (file: number) => {
      asked.push(fs.fstatSync(file).isDirectory() ? 'flush the folder' : 'flush the file')
      fs.fsyncSync(file)
    },
    linkSync: (from: string, to: string) => {
      asked.push('name it')
      fs.linkSync(from, to)
    },
  }
})

it('a lock has its content on the disk before it has its name, and its name before it is held', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tweedie-lock-'))
  try {
    const lock = acquireLock(join(folder, 'lock'))
    expect(asked).toEqual(['flush the file', 'name it', 'flush the folder'])
    expect(JSON.parse(readFileSync(join(folder, 'lock'), 'utf8'))).toMatchObject({ pid: process.pid })
    lock.release()
  } finally {
    rmSync(folder, { recursive: true })
  }
})
