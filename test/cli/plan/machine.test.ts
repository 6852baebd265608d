import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { freeDisk, memoryLimit } from '../../../src/cli/plan/machine.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

/** A root of a file system with these files. */
const rootWith = (files: Readonly<Record<string, string>>): string => {
  const root = mkdtempSync(join(tmpdir(), 'machine-'))
  folders.push(root)
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), text)
  }
  return root
}

const GB = 2 ** 30

describe('memory', () => {
  it('is that of the machine, where nothing limits it', () => {
    expect(memoryLimit(rootWith({}), 16 * GB)).toEqual({ bytes: 16 * GB, of: 'machine' })
    const unlimited = { 'proc/self/cgroup': '0::/user\n', 'sys/fs/cgroup/user/memory.max': 'max\n' }
    expect(memoryLimit(rootWith(unlimited), 16 * GB)).toEqual({ bytes: 16 * GB, of: 'machine' })
  })

  it('is that of the control group of version 2, or of one above it', () => {
    const files = {
      'proc/self/cgroup': '0::/jobs/one\n',
      'sys/fs/cgroup/jobs/memory.max': `${2 * GB}\n`,
      'sys/fs/cgroup/jobs/one/memory.max': `${4 * GB}\n`,
    }
    expect(memoryLimit(rootWith(files), 16 * GB)).toEqual({ bytes: 2 * GB, of: 'container' })
  })

  it('is that at the root of what is mounted, where the path is the host’s', () => {
    const files = { 'proc/self/cgroup': '0::/docker/abc\n', 'sys/fs/cgroup/memory.max': `${3 * GB}` }
    expect(memoryLimit(rootWith(files), 16 * GB)).toEqual({ bytes: 3 * GB, of: 'container' })
  })

  it('is that of version 1, which has a huge number for none', () => {
    const lines = '12:cpu,cpuacct:/x\n3:memory:/box\n'
    const limit = (bytes: number) =>
      rootWith({
        'proc/self/cgroup': lines,
        'sys/fs/cgroup/memory/box/memory.limit_in_bytes': `${bytes}\n`,
      })
    expect(memoryLimit(limit(GB), 16 * GB)).toEqual({ bytes: GB, of: 'container' })
    expect(memoryLimit(limit(2 ** 62), 16 * GB)).toEqual({ bytes: 16 * GB, of: 'machine' })
  })
})

it('the free disk of a folder that is not there yet is that of the one above it', () => {
  const root = rootWith({})
  expect(freeDisk(join(root, 'runs', 'mine'))).toBeGreaterThan(0)
  expect(Math.abs(freeDisk(join(root, 'a', 'b')) - freeDisk(root))).toBeLessThan(GB)
})
