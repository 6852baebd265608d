import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  keepCheckpoint,
  keptCheckpoints,
  latestCheckpoint,
  openRun,
  type Run,
  readCheckpoint,
  readJournal,
  resumeCheckpoint,
  saveCheckpoint,
} from '../../src/run/index.ts'
import { full, ndarray } from '../../src/tensor/ndarray.ts'
import { unflatten } from '../../src/tensor/tree.ts'
import { killChild, startChild } from './child.ts'
import { scratch } from './scratch.ts'

const withRun = (work: (run: Run) => void): void => {
  const run = openRun(join(scratch(), 'run'), { config: {} })
  work(run)
  run.close()
}

const files = (run: Run): string[] => readdirSync(run.paths.checkpoints).sort()

describe('checkpoints', () => {
  it('give back nested arrays and state to the bit', () => {
    withRun((run) => {
      const arrays = {
        net: [{ w: ndarray([0.1, -0, 1e-40, Number.NaN], [2, 2]) }, { b: ndarray([1, 2], [2], 'float64') }],
        step: ndarray([123456789], [], 'int64'),
      }
      const state = { lap: 2, seed: 7, names: ['a', 'é'], deep: { empty: {}, none: null } }
      saveCheckpoint(run, 'lap-2', { arrays, state })
      const back = latestCheckpoint(run)
      if (back === undefined) throw new Error('no checkpoint')
      expect(back.state).toEqual(state)
      expect(Object.keys(back.arrays).sort()).toEqual(['net.0.w', 'net.1.b', 'step'])
      expect(unflatten(arrays, back.arrays)).toEqual(arrays)
    })
  })

  it('keeps the last few resume points and every named result', () => {
    withRun((run) => {
      for (let k = 1; k <= 5; k++) saveCheckpoint(run, `s${k}`, { arrays: {}, state: k }, { keepLast: 3 })
      keepCheckpoint(run, 'lap-01', { arrays: { w: full([2], 1) }, state: 'lap' })
      saveCheckpoint(run, 's6', { arrays: {}, state: 6 })
      expect(files(run)).toEqual(['000005-s5.safetensors', '000006-s6.safetensors', 'lap-01.safetensors'])
      expect(latestCheckpoint(run)?.state).toBe(6)
      expect(keptCheckpoints(run)).toEqual([join(run.paths.checkpoints, 'lap-01.safetensors')])
      expect(readCheckpoint(join(run.paths.checkpoints, 'lap-01.safetensors')).state).toBe('lap')
    })
  })

  it('takes the journal back to the moment of the checkpoint', () => {
    withRun((run) => {
      run.journal.append({ event: 'step', step: 1 })
      saveCheckpoint(run, 'a', { arrays: {}, state: 1 })
      run.journal.append({ event: 'step', step: 2 })
      expect(resumeCheckpoint(run)?.state).toBe(1)
      run.journal.append({ event: 'step', step: 2 })
      expect(readJournal(run.paths.journal).map(({ step }) => step)).toEqual([1, 2])
    })
  })

  it('starts over when there is none', () => {
    withRun((run) => {
      run.journal.append({ event: 'step', step: 1 })
      expect(resumeCheckpoint(run)).toBeUndefined()
      expect(run.journal.lines).toBe(0)
    })
  })

  it('names what is wrong with a file', () => {
    withRun((run) => {
      const path = saveCheckpoint(run, 'a', { arrays: { w: full([100], 1) }, state: 1 })
      const bytes = readFileSync(path)
      const attempt = (content: Buffer) => () => {
        writeFileSync(path, content)
        return readCheckpoint(path)
      }
      const input = expect.objectContaining({
        code: 'input',
        message: expect.stringContaining('000001-a.safetensors'),
      })
      expect(attempt(bytes.subarray(0, bytes.length - 1))).toThrow(input)
      const flipped = Buffer.from(bytes)
      flipped[flipped.length - 2] ^= 4
      expect(attempt(flipped)).toThrow(
        /000001-a\.safetensors: field 'w': damaged: its bytes should have SHA-256/,
      )
      expect(
        attempt(
          Buffer.from(bytes.toString('latin1').replace('tweedie-checkpoint', 'tweedie-somethings'), 'latin1'),
        ),
      ).toThrow(/not a checkpoint of tweedie/)
      expect(
        attempt(Buffer.from(bytes.toString('latin1').replace('"version":"1"', '"version":"9"'), 'latin1')),
      ).toThrow(/checkpoint version 9, this tweedie reads 1/)
      expect(() => readCheckpoint(join(run.paths.checkpoints, 'none.safetensors'))).toThrow(
        /none.safetensors: cannot read: no such/,
      )
      expect(() => saveCheckpoint(run, '../evil', { arrays: {}, state: 1 })).toThrow(/checkpoint name/)
      expect(() => keepCheckpoint(run, '000001-a', { arrays: {}, state: 1 })).toThrow(
        /looks like that of a resume point/,
      )
    })
  })

  it('SIGKILL at random points leaves a checkpoint that loads, and a journal that agrees', async () => {
    const path = join(scratch(), 'run')
    let reached = 0
    for (let round = 0; round < 4; round++) {
      const child = await startChild(new URL('./checkpoint-writer.ts', import.meta.url), path)
      await new Promise((resolve) => setTimeout(resolve, 60 * Math.random()))
      await killChild(child)

      const run = openRun(path, { resume: true })
      const checkpoint = resumeCheckpoint(run)
      const step = Number(checkpoint?.state)
      expect(step).toBeGreaterThan(reached)
      expect(checkpoint?.arrays['net.0.w']).toEqual(full([50_000], step))
      expect(checkpoint?.arrays['net.1.w']).toEqual(full([7, 3], step))
      expect(readJournal(run.paths.journal).map((line) => line.step)).toEqual(
        Array.from({ length: step }, (_, i) => i + 1),
      )
      expect(files(run).filter((name) => name.endsWith('.tmp'))).toEqual([])
      run.close()
      reached = step
    }
  })
})
