import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  maskedBy,
  maskedRows,
  type ObservationSet,
  type OperatorSetting,
  observe,
  openObservations,
  writeObservations,
} from '../../src/observations/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { full, ndarray, rowsAt } from '../../src/tensor/index.ts'
import { scratch } from '../run/scratch.ts'

const x = normal(stream(0, 'x'), [3, 2, 4, 4])
const mask = ndarray(
  Array.from({ length: 3 * 16 }, (_, i) => (i % 3 === 0 ? 1 : 0)),
  [3, 1, 4, 4],
)
const set: ObservationSet = { y: x, operator: maskedBy(mask, [2, 4, 4]), noise: 0.1, range: [-1, 3] }

describe('masked rows', () => {
  it('are in the units of the prior, 0 where nothing was observed, with the mask as it is', async () => {
    const { rowsAt: read, noise, release } = maskedRows(set)
    const { y, mask: m } = await read([0, 1, 2])
    expect(noise).toBeCloseTo(0.1, 12) // the range has the width of the prior's
    expect(m).toEqual(mask)
    await release()
    for (const [i, v] of y.data.entries()) {
      const [row, p] = [Math.floor(i / 32), i % 16]
      expect(v).toBeCloseTo(mask.data[16 * row + p] * (x.data[i] - 1), 5)
    }
  })

  it.each(['.npz', '.safetensors'])('of a %s are those of memory, bit for bit', async (extension) => {
    const path = join(scratch(), `set${extension}`)
    writeObservations(path, set)
    const file = openObservations(path)
    const [stored, held] = [maskedRows(file), maskedRows(set)]
    const all = await held.rowsAt([0, 1, 2])
    for (const at of [[1], [2, 0], [1, 1, 2, 0, 2]]) {
      const rows = await stored.rowsAt(at)
      expect(rows).toEqual({ y: rowsAt(all.y, at), mask: rowsAt(all.mask, at) })
      expect(await held.rowsAt(at)).toEqual(rows)
    }
    expect(await stored.observedShare()).toBe(await held.observedShare())
    await Promise.all([stored.release(), held.release()])
    file.close()
  })

  it('share one mask where the set has one', async () => {
    const one = ndarray(mask.data.slice(0, 16), [1, 1, 4, 4])
    const {
      rowsAt: read,
      observedShare,
      release,
    } = maskedRows({ ...set, operator: maskedBy(one, [2, 4, 4]) })
    const { mask: m } = await read([2, 0])
    expect(m).toEqual(rowsAt(one, [0, 0]))
    expect(await observedShare()).toBe(6 / 16)
    await release()
  })

  it('count each mask once where there are more than are read at once', async () => {
    const count = 1500
    const y = full([count, 1, 1, 2], 0)
    const masks = ndarray(
      Array.from({ length: 2 * count }, (_, i) => (i < count ? 1 : 0)), // the first half of the rows, whole
      [count, 1, 1, 2],
    )
    const { observedShare, release } = maskedRows({ ...set, y, operator: maskedBy(masks, [1, 1, 2]) })
    expect(await observedShare()).toBe(0.5)
    await release()
  })

  it('are taken of every family that deletes entries', async () => {
    const operators: OperatorSetting[] = [
      { name: 'mask', settings: { keep: 0.3, keepMax: 0.6 } },
      { name: 'box', settings: { size: 2 } },
    ]
    for (const operator of operators) {
      const observed = await observe(x, { operator, noise: 0.1, seed: 0 })
      const { maskShape, observedShare } = maskedRows(observed)
      expect(maskShape).toEqual([1, 4, 4])
      const { data } = observed.operator.parameters.mask
      expect(await observedShare()).toBe(data.reduce((a, b) => a + b, 0) / data.length)
    }
  })

  it.each([
    ['blur', { name: 'blur', settings: { sigma: 1, size: 3 } }],
    ['identity', { name: 'identity' }],
    ['mask', { name: 'mask', settings: { keep: 0.5 }, blind: true }],
  ])('are refused of operator %s', async (name, operator) => {
    const other = await observe(x, { operator, noise: 0.1, seed: 0 })
    expect(() => maskedRows(other)).toThrow(
      `expected observations through known masks, got operator '${name}'`,
    )
  })

  it('are refused with noise that differs between entries', async () => {
    expect(() => maskedRows({ ...set, std: full(x.shape, 0.1) })).toThrow(
      'expected noise of one standard deviation, got one that differs between entries',
    )
  })
})
