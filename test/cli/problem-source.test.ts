/** Problems in files that are larger than a part: read part by part, they are what they are at once. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { matched, openDraws, openTruth } from '../../src/cli/restored/foreign-draws.ts'
import { judgedProblems, observationsFor } from '../../src/cli/restored/judged.ts'
import {
  allProblems,
  eachProblemPart,
  shareOfProblems,
  soundProblems,
} from '../../src/cli/restored/problem-source.ts'
import { diagnosis } from '../../src/diagnose/index.ts'
import { writeArrays } from '../../src/formats/index.ts'
import {
  countedEntries,
  maskedBy,
  type ObservationSet,
  observationRows,
  residualProgram,
  residualsOfDraws,
  writeObservations,
} from '../../src/observations/index.ts'
import { bernoulli, normal, stream } from '../../src/random/index.ts'
import { NdArray, rows } from '../../src/tensor/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'tweedie-parts-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const at = (name: string) => join(folder, name)

const [k, n, event] = [20, 300, [1, 16, 16]] as const // 1.5 million elements: two parts
const size = 256
const truth = normal(stream(0, 'x'), [n, ...event])
const draws = normal(stream(0, 'draws'), [k, n, ...event])
const mask = new NdArray(
  'float32',
  truth.shape,
  Float32Array.from(bernoulli(stream(0, 'mask'), 0.5, truth.shape).data, Number),
)
const y = new NdArray(
  'float32',
  truth.shape,
  truth.data.map((v, i) => v * mask.data[i]),
)
const set: ObservationSet = { y, operator: maskedBy(mask, [...event]), noise: 0.05, range: [-4, 4] }

/** Draws of some problems [K, n, ...]. */
const columns = (which: readonly number[]) => {
  const own = new NdArray('float32', [k, which.length, ...event], new Float32Array(k * which.length * size))
  for (let j = 0; j < k; j++)
    for (const [i, problem] of which.entries())
      own.data.set(
        rows(draws, j, j + 1).data.subarray(problem * size, (problem + 1) * size),
        (j * which.length + i) * size,
      )
  return own
}
const numbers = Array.from({ length: n }, (_, i) => i)

/** The problems of files, of which some have a lost draw. */
const opened = async (name: string, lost: readonly number[], swapped = false) => {
  const spoiled = new NdArray('float32', draws.shape, draws.data.slice())
  for (const problem of lost)
    spoiled.data.fill(Number.NaN, (3 * n + problem) * size, (3 * n + problem + 1) * size)
  const across = () => {
    const data = new Float32Array(spoiled.size)
    for (let j = 0; j < k; j++)
      for (let i = 0; i < n; i++)
        data.set(spoiled.data.subarray((j * n + i) * size, (j * n + i + 1) * size), (i * k + j) * size)
    return new NdArray('float32', [n, k, ...event], data)
  }
  writeArrays(at(name), { draws: swapped ? across() : spoiled })
  writeArrays(at('truth.npz'), { x: truth })
  writeObservations(at('set.npz'), set)
  const found = matched(openDraws(at(name)), await openTruth(at('truth.npz'), k), at('truth.npz'))
  const notes: string[] = []
  const files = { ...found, set: observationsFor(at('set.npz'), found.draws.shape) }
  const source = await soundProblems(files, name, { note: (text) => notes.push(text) })
  return { source, notes }
}

describe('problems in files', () => {
  it.each([
    ['as they are', false],
    ['with the draws on the second axis', true],
  ])('come in parts, %s', async (_, swapped) => {
    const { source, notes } = await opened('draws.npz', [], swapped)
    const sizes: number[] = []
    await eachProblemPart(source, 'all', ({ problems, first }) => {
      expect(first).toBe(sizes.reduce((a, b) => a + b, 0))
      sizes.push(problems.draws.shape[1])
    })
    expect([sizes, notes]).toEqual([[204, 96], []])
    const all = await allProblems(source)
    expect(all.draws.shape).toEqual(draws.shape)
    expect(all.draws.data).toEqual(draws.data)
    expect(all.truth?.data).toEqual(truth.data)
    expect(all.set?.operator.parameters.mask.data).toEqual(mask.data)
  })

  it('go without those that have a lost draw, wherever these are', async () => {
    const lost = [0, 17, 203, 204, 299]
    const { source, notes } = await opened('lost.npz', lost)
    expect([source.leftOut, source.shape[1]]).toEqual([lost, n - lost.length])
    expect(notes.join()).toContain('5 of 300 problems have a lost draw (NaN), left out: 0, 17, 203, 204, 299')
    const all = await allProblems(source)
    expect(all.draws.data).toEqual(columns(numbers.filter((i) => !lost.includes(i))).data)
  })

  it('are all of a share that holds them, or as many as it holds, evenly spaced', async () => {
    const { source } = await opened('share.npz', [1])
    const each = 4 * k * size
    expect(shareOfProblems(source, (n - 1) * each)).toBe(source)
    const share = shareOfProblems(source, 4 * each)
    expect(share.shape[1]).toBe(4)
    const which = [0, 75, 150, 225] // of those but 1: 0, 74, 149 and 224 of 299
    const all = await allProblems(share)
    expect(all.draws.data).toEqual(columns(which).data)
    expect(all.set?.y.data).toEqual(
      Float32Array.from(which.flatMap((i) => [...observationRows(set, i, i + 1).y.data])),
    )
  })
})

it('are judged in parts as at once, to the last digit', async () => {
  const { source } = await opened('judged.npz', [])
  const program = residualProgram(set)
  const observed = await program.observed()
  const residuals = { draws: await residualsOfDraws(program, draws), truth: await program.of(truth) }
  await program.release()
  const found = await judgedProblems(source)
  const { entries } = countedEntries(set)
  expect(found).toEqual(
    diagnosis({
      draws,
      truth,
      given: y,
      entries,
      residuals: { ...residuals, ...(observed ? { observed } : {}) },
    }),
  )
})
