/** What commands do when the disk is full. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readJournal } from '../../src/run/index.ts'
import { tweedie } from '../e2e/built.ts'
import { scratch } from '../run/scratch.ts'
import { canMount, enlargeDisk, smallDisk } from '../run/small-disk.ts'
import { filesIn, learn, set, tiny } from './hostile.ts'

const diskFull = /^tweedie: .*no space left on device \(ENOSPC\)\n$/

describe.skipIf(!canMount())('a full disk (needs root and mount: skipped without them)', () => {
  it('takes no half of an observation set', () => {
    const disk = smallDisk(scratch(), '16k')
    const result = tweedie(['observe', 'mnist', '--count', '200', '-o', join(disk, 'out.npz')])
    expect([result.status, result.stdout]).toEqual([1, ''])
    expect(result.stderr).toMatch(diskFull)
    expect(readdirSync(disk)).toEqual([])
  })

  it('stops learning with the resume point before, and learning goes on when there is room', () => {
    const folder = scratch()
    writeFileSync(join(folder, 'config.yaml'), tiny)
    writeFileSync(join(folder, 'set.npz'), set({}))
    const disk = smallDisk(folder, '400k')
    const run = join(disk, 'run')
    // The plan knows that it does not fit, and would refuse it.
    const forced = ['--overcommit', '--checkpoint-every', '0', '-q']
    const args = [...learn('set.npz').slice(0, -1), run, 'em.laps=2', ...forced]
    const filler = join(disk, 'filler')
    writeFileSync(filler, Buffer.alloc(200 * 1024))
    const stopped = tweedie(args, { cwd: folder })
    expect([stopped.status, stopped.stdout]).toEqual([1, ''])
    expect(stopped.stderr).toMatch(diskFull)
    expect(filesIn(run).filter((name) => name.endsWith('.tmp') || name === 'lock')).toEqual([])

    enlargeDisk(disk, '4m')
    expect(tweedie([...args, '--resume'], { cwd: folder }).status).toBe(0)
    expect(tweedie([...args.with(args.indexOf(run), 'elsewhere')], { cwd: folder }).status).toBe(0)
    const prior = (where: string) => readFileSync(join(where, 'checkpoints', 'prior.safetensors'))
    expect(prior(run).equals(prior(join(folder, 'elsewhere')))).toBe(true)
    const laps = readJournal(join(run, 'journal.jsonl')).flatMap(({ event, lap }) =>
      event === 'lap' ? [lap] : [],
    )
    expect(laps).toEqual([0, 1, 2])
  }, 120_000)
})
