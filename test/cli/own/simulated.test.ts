import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { heldItems, simulateInto, someItems } from '../../../src/cli/own/simulated.ts'
import { type CleanSource, cleanSource, unitData } from '../../../src/datasets/index.ts'
import { readArrays } from '../../../src/formats/index.ts'
import { countOf, readObservations, wholeSet } from '../../../src/observations/index.ts'
import { stream, uniform } from '../../../src/random/index.ts'
import { rows, rowsAt } from '../../../src/tensor/index.ts'
import { scratch } from '../../run/scratch.ts'

const COUNT = 11
const x = uniform(stream(0, 'x'), [COUNT, 1, 6, 6])
const EACH = 4 * 36
/** A source that tells the most items that were asked of it at once. */
const watched = (): { readonly clean: CleanSource; readonly most: () => number } => {
  let most = 0
  const clean = cleanSource(unitData(x))
  const asked = (from: number, to: number) => {
    most = Math.max(most, to - from)
    return clean.rows(from, to)
  }
  return { clean: { ...clean, rows: asked }, most: () => most }
}

describe.each(['.npz', '.safetensors'])('observations of clean data into a %s', (extension) => {
  it('have the same values in parts, of which one at a time is in memory', async () => {
    const folder = scratch()
    const files = (name: string) => ({
      output: join(folder, name + extension),
      truth: join(folder, `${name}-x${extension}`),
    })
    const options = { operator: { name: 'mask', settings: { keep: 0.5 } }, noise: 0.1, seed: 2 } as const
    const whole = await simulateInto(cleanSource(unitData(x)), options, files('whole'))
    const { clean, most } = watched()
    const parts = await simulateInto(clean, options, files('parts'), { whole: 10 * EACH, part: 3 * EACH })
    expect(most()).toBe(3)
    expect(countOf(parts)).toBe(COUNT)
    expect(wholeSet(parts)).toEqual(wholeSet(whole))
    expect(readObservations(files('parts').output)).toEqual(readObservations(files('whole').output))
    expect(readArrays(files('parts').truth)).toEqual({ x })
  })
})

it('takes some items evenly, and holds those that fit', async () => {
  const { clean, most } = watched()
  expect(await someItems(clean, 3 * EACH)).toEqual(rowsAt(x, [0, 3, 7]))
  expect(most()).toBe(1)
  expect(await someItems(clean, COUNT * EACH)).toEqual(x)
  expect(await heldItems(clean, 3 * EACH)).toBe(clean)
  expect(await heldItems(clean, COUNT * EACH)).not.toBe(clean)
  expect((await heldItems(clean, COUNT * EACH)).rows(2, 5)).toEqual(rows(x, 2, 5))
})
