import { existsSync, readdirSync, readFileSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../../src/cli/config/config.ts'
import { loadObservations } from '../../../src/cli/config/loading.ts'
import { experimentSchema } from '../../../src/cli/config/schema.ts'
import { observationsForRun } from '../../../src/cli/own/run-observations.ts'
import { writeArrays } from '../../../src/formats/index.ts'
import { countOf, isInMemory, wholeSet, writeObservations } from '../../../src/observations/index.ts'
import { stream, uniform } from '../../../src/random/index.ts'
import { layoutOf } from '../../../src/run/index.ts'
import { scratch } from '../../run/scratch.ts'

const COUNT = 600
const EACH = 4 * 36
/** As if a quarter of the data were too much. */
const parts = { whole: (COUNT * EACH) / 4, part: 70 * EACH }

const experimentIn = (folder: string, ...overrides: string[]) => {
  const clean = join(folder, 'clean.npz')
  if (!existsSync(clean)) writeArrays(clean, { x: uniform(stream(0, 'x'), [COUNT, 1, 6, 6]) })
  const observed = 'data.observe={operator: {kind: mask, keep: 0.5}, noise: 0.1, seed: 2}'
  return loadConfig(experimentSchema, 'experiments/digits.yaml', [
    `data.clean=${clean}`,
    observed,
    ...overrides,
  ])
}

const listener = (signal: AbortSignal = new AbortController().signal) => {
  const notes: string[] = []
  return { notes, note: (line: string) => notes.push(line), progress: () => {}, signal }
}

describe('observations of a run', () => {
  it('that are few are in memory, and nothing is written', async () => {
    const folder = scratch()
    const experiment = experimentIn(folder, `data.count=${COUNT}`)
    const { look, count, inRun } = await observationsForRun(experiment)
    expect(count).toBe(COUNT)
    expect(look).toEqual(await loadObservations(experiment))
    expect(await inRun(layoutOf(folder), listener())).toBe(look)
    expect(readdirSync(folder)).toEqual(['clean.npz'])
  })

  it('that are many lie in its folder, with the same bits', async () => {
    const folder = scratch()
    const experiment = experimentIn(folder, `data.count=${COUNT}`)
    const { look, count, inRun } = await observationsForRun(experiment, { parts })
    expect(count).toBe(COUNT)
    expect(countOf(look)).toBe(256)
    const set = await inRun(layoutOf(folder), listener())
    expect(isInMemory(set)).toBe(false)
    const whole = wholeSet(await loadObservations(experiment))
    expect(wholeSet(set)).toEqual(whole)
    const { look: more } = await observationsForRun(experiment, { parts, least: 300 })
    expect(countOf(more)).toBe(300)
  })

  it('are made once', async () => {
    const folder = scratch()
    const experiment = experimentIn(folder, `data.count=${COUNT}`)
    const paths = layoutOf(folder)
    const made = async () => {
      const { notes, ...io } = listener()
      const { inRun } = await observationsForRun(experiment, { parts })
      await inRun(paths, io)
      return { notes, file: statSync(paths.observations).ino, bytes: readFileSync(paths.observations) }
    }
    const first = await made()
    const again = await made()
    expect(again).toEqual(first)

    truncateSync(paths.observations, first.bytes.length - 1)
    const damaged = await made()
    expect(damaged.notes).toEqual([expect.stringMatching(/observations.safetensors.*are made again/)])
    expect(damaged.bytes).toEqual(first.bytes)

    writeObservations(
      paths.observations,
      wholeSet(await loadObservations(experimentIn(folder, `data.count=${COUNT}`, 'data.observe.seed=3'))),
    )
    const other = await made()
    expect(other.notes).toEqual([expect.stringMatching(/other observations than those of the configuration/)])
    expect(other.bytes).toEqual(first.bytes)
  })

  it('leave nothing behind when they are interrupted', async () => {
    const folder = scratch()
    const stop = new AbortController()
    const { inRun } = await observationsForRun(experimentIn(folder, `data.count=${COUNT}`), { parts })
    let seen = 0
    const io = { ...listener(stop.signal), progress: () => (seen++ === 2 ? stop.abort() : undefined) }
    await expect(inRun(layoutOf(folder), io)).rejects.toMatchObject({ code: 'interrupted' })
    expect(readdirSync(folder)).toEqual(['clean.npz'])
  })
})
