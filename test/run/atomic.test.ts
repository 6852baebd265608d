import {
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { writeAtomic } from '../../src/formats/bytes/atomic.ts'
import { openRun, saveCheckpoint } from '../../src/run/index.ts'
import { zeros } from '../../src/tensor/ndarray.ts'
import { scratch } from './scratch.ts'
import { canMount, smallDisk } from './small-disk.ts'

describe('writeAtomic', () => {
  it('replaces a file and leaves nothing else', () => {
    const folder = scratch()
    const path = join(folder, 'a.bin')
    writeAtomic(path, Buffer.from('old'))
    writeAtomic(path, Buffer.from('new'))
    expect(readFileSync(path, 'utf8')).toBe('new')
    expect(readdirSync(folder)).toEqual(['a.bin'])
  })

  it('writes the target of a symbolic link, there or not, and leaves the link', () => {
    const folder = scratch()
    mkdirSync(join(folder, 'data'))
    const link = join(folder, 'link.bin')
    symlinkSync(join('data', 'a.bin'), link)
    for (const text of ['new', 'newer']) {
      writeAtomic(link, Buffer.from(text))
      expect(readFileSync(join(folder, 'data', 'a.bin'), 'utf8')).toBe(text)
    }
    expect(readlinkSync(link)).toBe(join('data', 'a.bin'))
    expect(readdirSync(folder, { recursive: true }).sort()).toEqual([
      'data',
      join('data', 'a.bin'),
      'link.bin',
    ])
  })

  it('refuses links in a circle, and a link to a device, which stays what it is', () => {
    const folder = scratch()
    symlinkSync('b', join(folder, 'a'))
    symlinkSync('a', join(folder, 'b'))
    symlinkSync('/dev/null', join(folder, 'null'))
    expect(() => writeAtomic(join(folder, 'a'), Buffer.from('x'))).toThrow(/lead in a circle/)
    expect(() => writeAtomic(join(folder, 'null'), Buffer.from('x'))).toThrow(/there is a pipe or device/)
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true)
    expect(readdirSync(folder).sort()).toEqual(['a', 'b', 'null'])
  })

  it.each(['a', 'é'])('writes a name of 255 bytes of %s', (letter) => {
    const folder = scratch()
    const name = `x${letter.repeat(254 / Buffer.byteLength(letter))}`
    writeAtomic(join(folder, name), Buffer.from('x'))
    expect(readdirSync(folder)).toEqual([name])
  })

  it('says in one line that a name is too long', () => {
    expect(() => writeAtomic(join(scratch(), 'x'.repeat(300)), Buffer.from('x'))).toThrow(
      expect.objectContaining({
        code: 'io',
        message: expect.stringMatching(/: name too long \(ENAMETOOLONG\)$/),
      }),
    )
  })

  it('says in one line that the folder does not exist', () => {
    const path = join(scratch(), 'nowhere', 'a.bin')
    expect(() => writeAtomic(path, Buffer.from('x'))).toThrow(
      expect.objectContaining({
        code: 'io',
        message: `${path}: cannot write: no such file or directory (ENOENT)`,
      }),
    )
  })

  it('removes its temporary when the name is taken by a folder', () => {
    const folder = scratch()
    mkdirSync(join(folder, 'a.bin'))
    expect(() => writeAtomic(join(folder, 'a.bin'), Buffer.from('x'))).toThrow(
      expect.objectContaining({ code: 'io' }),
    )
    expect(readdirSync(folder)).toEqual(['a.bin'])
  })
})

describe.skipIf(!canMount())('a full disk (needs root and mount: skipped without them)', () => {
  it('keeps the old file and removes the temporary', () => {
    const disk = smallDisk(scratch(), '64k')
    const path = join(disk, 'a.bin')
    writeAtomic(path, Buffer.alloc(1000, 1))
    expect(() => writeAtomic(path, Buffer.alloc(200_000, 2))).toThrow(
      expect.objectContaining({
        code: 'io',
        message: `${path}: cannot write: no space left on device (ENOSPC)`,
      }),
    )
    expect(readFileSync(path)).toEqual(Buffer.alloc(1000, 1))
    expect(readdirSync(disk)).toEqual(['a.bin'])
  })

  it('keeps the checkpoint before, and the journal ends in a whole line', () => {
    const disk = smallDisk(scratch(), '128k')
    const run = openRun(join(disk, 'run'), { config: {} })
    const small = saveCheckpoint(run, 'small', { arrays: { w: zeros([1000]) }, state: 1 })
    expect(() => saveCheckpoint(run, 'large', { arrays: { w: zeros([100_000]) }, state: 2 })).toThrow(
      /ENOSPC/,
    )
    expect(readdirSync(run.paths.checkpoints).map((name) => join(run.paths.checkpoints, name))).toEqual([
      small,
    ])

    // Takes the first page of the journal, so that lines still fit when all others are full.
    run.journal.append({ event: 'start' })
    const filler = join(disk, 'filler')
    expect(() => {
      for (let k = 0; k < 200; k++) writeFileSync(filler, Buffer.alloc(1024), { flag: 'a' })
    }).toThrow(/ENOSPC/)
    expect(() => {
      for (let step = 0; step < 1000; step++)
        run.journal.append({ event: 'step', step, text: 'x'.repeat(100) })
    }).toThrow(/journal.jsonl: cannot write: no space left on device/)
    expect(readFileSync(run.paths.journal, 'utf8')).toMatch(/^.*start.*\n(.*\n)+$/)
    run.close()
  })

  it('makes no half of a run, and makes it when there is room again', () => {
    const disk = smallDisk(scratch(), '64k')
    const filler = join(disk, 'filler')
    writeFileSync(filler, Buffer.alloc(60 * 1024)) // leaves one page: for the lock, not for the configuration
    const path = join(disk, 'run')
    expect(() => openRun(path, { config: { text: 'x'.repeat(9000) } })).toThrow(
      expect.objectContaining({
        code: 'io',
        message: expect.stringContaining('no space left on device (ENOSPC)'),
      }),
    )
    expect(readdirSync(path).sort()).toEqual(['checkpoints', 'draws', 'figures'])
    rmSync(filler)
    openRun(path, { config: {} }).close()
  })
})
