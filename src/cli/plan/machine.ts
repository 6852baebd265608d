/** What the machine has: memory that this process may take, and free disk. */
import { existsSync, readFileSync, statfsSync } from 'node:fs'
import { totalmem } from 'node:os'
import { dirname, join, resolve } from 'node:path'

/** Memory that there is, and who limits it. */
export interface MemoryLimit {
  readonly bytes: number
  readonly of: 'machine' | 'container'
}

/** A folder and those above it, up to the root of the hierarchy. */
const upwards = (path: string): string[] => {
  const parts = path.split('/').filter((part) => part !== '')
  return Array.from({ length: parts.length + 1 }, (_, k) => parts.slice(0, parts.length - k).join('/'))
}

/** A limit in bytes; nothing where there is none (`max`), or no such file. */
const limitIn = (file: string): number | undefined => {
  if (!existsSync(file)) return undefined
  const bytes = Number(readFileSync(file, 'utf8').trim())
  return Number.isFinite(bytes) ? bytes : undefined
}

/**
 * Limits of the control groups of this process: `memory.max` of version 2 (kernel documentation,
 * "Control Group v2"), `memory.limit_in_bytes` of version 1, of each group and those above it. In a container
 * the paths are often those of the host, and the limit lies at the root of what is mounted.
 */
const groupLimits = (root: string): number[] => {
  const own = join(root, 'proc/self/cgroup')
  if (!existsSync(own)) return []
  const mount = join(root, 'sys/fs/cgroup')
  return readFileSync(own, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [, controllers = '', ...path] = line.split(':')
      const groups = upwards(path.join(':'))
      if (line.startsWith('0::')) return groups.map((group) => join(mount, group, 'memory.max'))
      return controllers.split(',').includes('memory')
        ? groups.map((group) => join(mount, 'memory', group, 'memory.limit_in_bytes'))
        : []
    })
    .flatMap((file) => limitIn(file) ?? [])
}

/**
 * Memory that this process may take: that of the machine, or of its container where that is less.
 *
 * @param root - of the file system; tests give their own
 */
export const memoryLimit = (root = '/', machine = totalmem()): MemoryLimit => {
  const least = Math.min(Number.POSITIVE_INFINITY, ...groupLimits(root))
  return least < machine ? { bytes: least, of: 'container' } : { bytes: machine, of: 'machine' }
}

/** Free bytes for whoever is no administrator, where a path is or will be. */
export const freeDisk = (path: string): number => {
  const at = resolve(path)
  if (!existsSync(at)) return freeDisk(dirname(at))
  const { bavail, bsize } = statfsSync(at)
  return bavail * bsize
}
