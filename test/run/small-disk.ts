import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

const quietly = (command: string, ...args: string[]): boolean => {
  try {
    execFileSync(command, args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** A file system of a few kilobytes (`size` as in mount: `64k`), gone with the test. */
export const smallDisk = (folder: string, size: string): string => {
  const path = join(folder, 'small')
  mkdirSync(path)
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', path])
  onTestFinished(() => {
    quietly('umount', '--lazy', path)
  })
  return path
}

/** Makes a small disk larger. */
export const enlargeDisk = (path: string, size: string): void => {
  execFileSync('mount', ['-o', `remount,size=${size}`, path])
}

/** Tried once for real: being root is not enough in a container. */
export const canMount = (): boolean => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false
  const folder = mkdtempSync(join(tmpdir(), 'tweedie-mount-'))
  const mounted =
    quietly('mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder) && quietly('umount', folder)
  rmdirSync(folder)
  return mounted
}
