import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkedOutput } from '../../src/cli/output.ts'
import { scratch } from '../run/scratch.ts'
import { canMount, smallDisk } from '../run/small-disk.ts'

describe('the name of an output', () => {
  it('is taken where a file can be written', () => {
    const path = join(scratch(), 'out.npz')
    expect(checkedOutput(path)).toBe(path)
  })

  it('is refused before the work where the folder is not there', () => {
    const path = join(scratch(), 'nowhere', 'out.npz')
    expect(() => checkedOutput(path)).toThrow(/cannot write: there is no folder/)
  })

  it('is that of the target where it is a symbolic link', () => {
    const folder = scratch()
    symlinkSync(join('nowhere', 'out.npz'), join(folder, 'out.npz'))
    symlinkSync('/dev/null', join(folder, 'null.npz'))
    expect(() => checkedOutput(join(folder, 'out.npz'))).toThrow(/there is no folder .*nowhere$/)
    expect(() => checkedOutput(join(folder, 'null.npz'))).toThrow(/there is a pipe or device/)
  })

  it.skipIf(!canMount())('is refused before the work on a disk that is read-only (needs mount)', () => {
    const disk = smallDisk(scratch(), '64k')
    execFileSync('mount', ['-o', 'remount,ro', disk])
    expect(() => checkedOutput(join(disk, 'out.npz'))).toThrow(
      expect.objectContaining({
        code: 'io',
        message: `${join(disk, 'out.npz')}: cannot write: read-only file system (EROFS)`,
      }),
    )
  })

  it.skipIf(process.platform === 'win32' || process.getuid?.() === 0)(
    'is refused before the work in a folder that is read-only (root may write everywhere)',
    () => {
      const folder = join(scratch(), 'closed')
      mkdirSync(folder)
      chmodSync(folder, 0o500)
      expect(() => checkedOutput(join(folder, 'out.npz'))).toThrow(/cannot write: permission denied/)
    },
  )
})
