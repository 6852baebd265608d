/** A Gaussian start that is stopped anywhere and goes on has the numbers of one that was not. */
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type GaussianChoice, gaussianStart, type StartMemory } from '../../src/em/index.ts'
import { maskedBy, type ObservationSet } from '../../src/observations/index.ts'
import { bernoulli, normal, stream } from '../../src/random/index.ts'
import { packGaussian } from '../../src/run/gaussian-state.ts'
import { startFolder } from '../../src/run/learning/start-folder.ts'
import { ndarray, type Shape, sizeOf, toNumbers } from '../../src/tensor/index.ts'
import { observed } from '../exact/em.ts'
import { scratch } from '../run/scratch.ts'

/** Masked observations of smooth rows of numbers with two factors. */
const masked = (count: number, event: Shape): ObservationSet => {
  const size = sizeOf(event)
  const z = normal(stream(0, 'z'), [count, 2]).data
  const e = normal(stream(0, 'e'), [count, size]).data
  const mask = bernoulli(stream(0, 'mask'), 0.6, [count, ...event])
  const y = Float32Array.from({ length: count * size }, (_, k) => {
    const [i, p] = [Math.floor(k / size), k % size]
    // A step average of noise is a field.
    const field = (e[k] + e[i * size + ((p + 1) % size)] + e[i * size + ((p + 2) % size)]) / 3
    const x = 0.3 * field + 0.5 * z[2 * i] * Math.cos(p) + 0.4 * z[2 * i + 1] * Math.sin(p / 3)
    return mask.data[k] === 0 ? 0 : x + 0.05 * Math.cos(7 * k)
  })
  return { y: ndarray(y, [count, ...event]), operator: maskedBy(mask, event), noise: 0.05, range: [-2, 2] }
}

const cases = [
  { name: 'factors of vectors', set: masked(60, [12]), options: { iterations: 5 } },
  { name: 'factors beside a field', set: masked(40, [1, 24]), options: { iterations: 3 } },
  { name: 'a given rank', set: observed(0, 64), options: { rank: 2, iterations: 3, batch: 32 } },
  {
    name: 'moments',
    set: observed(0, 16),
    options: { rank: 2, iterations: 3, eStep: { kind: 'moments' } },
  },
] as const

class Killed extends Error {}

/** A memory whose process dies when it has kept so many parts, just after the last of them or just before. */
const dying = (folder: string, after: number, isKept: boolean): StartMemory => {
  const memory = startFolder(folder, 0)
  let left = after
  const counted = (keep: () => void): void => {
    left--
    if (left > 0 || isKept) keep()
    if (left <= 0) throw new Killed()
  }
  return {
    ...memory,
    keep: (name, part) => counted(() => memory.keep(name, part)),
    keepIteration: (point) => counted(() => memory.keepIteration(point)),
    due: () => true,
  }
}

const numbers = async (set: ObservationSet, options: Parameters<typeof gaussianStart>[1]) => {
  const { arrays, state } = packGaussian(await gaussianStart(set, options))
  return { state, ...Object.fromEntries(Object.entries(arrays).map(([name, a]) => [name, toNumbers(a)])) }
}

describe.each(cases)('a Gaussian start by $name', ({ set, options }) => {
  it('goes on from wherever it died to the same numbers', async () => {
    const want = await numbers(set, options)
    let parts = 0
    const counting = startFolder(join(scratch(), 'start'), 0)
    const count = <A extends readonly unknown[]>(keep: (...a: A) => void) => {
      return (...a: A): void => {
        parts++
        keep(...a)
      }
    }
    const memory = { ...counting, keep: count(counting.keep), keepIteration: count(counting.keepIteration) }
    expect(await numbers(set, { ...options, memory: { ...memory, due: () => true } })).toEqual(want)
    expect(parts).toBeGreaterThanOrEqual(3)

    for (const isKept of [true, false]) {
      const folder = join(scratch(), 'start')
      // Every process gets a few parts further than the one before it.
      const life = Math.ceil(parts / 5) + 1
      let deaths = 0
      for (;;) {
        try {
          expect(await numbers(set, { ...options, memory: dying(folder, life, isKept) })).toEqual(want)
          break
        } catch (error) {
          if (!(error instanceof Killed)) throw error
          deaths++
          expect(deaths).toBeLessThan(50)
        }
      }
      expect(deaths).toBeGreaterThan(0)
    }
  }, 120_000)
})

describe('a Gaussian start by a choice that was made before', () => {
  it('has its rank and field, compares nothing, and fits as well', async () => {
    const { set, options } = cases[1]
    const choices: GaussianChoice[] = []
    const events: number[] = []
    const first = await gaussianStart(set, { ...options, onChoice: (found) => choices.push(found) })
    const [choice] = choices
    const again = await gaussianStart(set, {
      ...options,
      choice,
      onChoice: (found) => choices.push(found),
      onIteration: (done) => events.push(done),
    })
    expect(choices.length).toBe(1)
    expect(choice.field).toBeDefined()
    expect(packGaussian(again).state.kind).toBe(packGaussian(first).state.kind)
    expect(events.length).toBe(1 + Math.log2(choice.rank) + 1)
    const [a, b] = [first, again].map(({ mean }) => toNumbers(mean))
    const gap = Math.sqrt(a.reduce((sum, v, i) => sum + (v - b[i]) ** 2, 0) / a.length)
    expect(gap).toBeLessThan(0.05)
  }, 60_000)
})
