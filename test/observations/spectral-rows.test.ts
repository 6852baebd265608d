import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  type ObservationSet,
  type OperatorSetting,
  observe,
  openObservations,
  spectralRows,
  writeObservations,
} from '../../src/observations/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { full, jit, NdArray, type Tensor, toNumbers } from '../../src/tensor/index.ts'
import { distance } from '../numbers.ts'
import { scratch } from '../run/scratch.ts'

const [N, SIDE, NOISE] = [400, 6, 0.1]
const x = normal(stream(0, 'x'), [N, 1, SIDE, SIDE])
const scanned = (change: Partial<OperatorSetting> = {}): Promise<ObservationSet> =>
  observe(x, {
    operator: { name: 'fourier', settings: { acceleration: 2 }, ...change },
    noise: NOISE,
    range: [-2, 2],
    seed: 1,
  })

/** Σ x_j [cos + sin](2π ⟨k − c, j − c⟩/n)/n: the coefficients of Hartley, by their definition. */
const hartley = (image: readonly number[]): number[] =>
  Array.from({ length: SIDE * SIDE }, (_, k) => {
    const c = Math.floor(SIDE / 2)
    return image.reduce((sum, v, j) => {
      const turns =
        (Math.floor(k / SIDE) - c) * (Math.floor(j / SIDE) - c) + ((k % SIDE) - c) * ((j % SIDE) - c)
      const angle = (2 * Math.PI * turns) / SIDE
      return sum + (v * (Math.cos(angle) + Math.sin(angle))) / SIDE
    }, 0)
  })

const rowsOf = ({ data }: NdArray, i: number): number[] =>
  Array.from(data.slice(i * SIDE * SIDE, (i + 1) * SIDE * SIDE), Number)

describe('coefficients of observations in the Fourier plane', () => {
  it('are those of x with noise of the variance that they say, where they were seen', async () => {
    const { rowsAt, noise, release } = spectralRows(await scanned())
    const all = await rowsAt(Array.from({ length: N }, (_, i) => i))
    await release()
    expect(noise).toBeCloseTo(NOISE, 12)
    const squares = new Map<number, number[]>()
    for (let i = 0; i < N; i++) {
      const truth = hartley(rowsOf(x, i))
      const [y, mask, variance] = [all.y, all.mask, all.variance].map((part) => rowsOf(part, i))
      for (const [k, m] of mask.entries()) {
        if (m === 0) expect([y[k], variance[k]]).toEqual([0, 0])
        else squares.set(variance[k], [...(squares.get(variance[k]) ?? []), (y[k] - truth[k]) ** 2])
      }
    }
    expect([...squares.keys()].sort()).toEqual([1, 2]) // seen with its mirror image, or alone
    for (const [variance, values] of squares) {
      const ratio = values.reduce((a, b) => a + b) / values.length / (variance * NOISE ** 2)
      expect(values.length).toBeGreaterThan(1000)
      expect(Math.abs(ratio - 1)).toBeLessThan(4 * Math.sqrt(2 / values.length))
    }
  })

  it('go back to x by a basis that is orthonormal', async () => {
    const { basis, event, release } = spectralRows(await scanned())
    const program = jit((x: Tensor) => ({ c: basis.forward(x), back: basis.inverse(basis.forward(x)) }))
    const { c, back } = await program(x)
    await Promise.all([program.release(), release()])
    expect([event, basis.shape]).toEqual([
      [1, SIDE, SIDE],
      [1, SIDE, SIDE],
    ])
    expect(distance(rowsOf(c, 3), hartley(rowsOf(x, 3)))).toBeLessThan(1e-5)
    expect(distance(toNumbers(back), toNumbers(x))).toBeLessThan(1e-5)
  })

  it('survey: how often each was seen, and the largest noise; from a file as from memory', async () => {
    const set = await scanned()
    const path = join(scratch(), 'set.npz')
    writeObservations(path, set)
    const file = openObservations(path)
    const [held, stored] = [spectralRows(set), spectralRows(file)]
    const { shares, level } = await held.survey()
    expect(level).toBeCloseTo(NOISE * Math.SQRT2, 9)
    expect(await stored.survey()).toEqual({ shares, level })
    expect(await stored.rowsAt([7, 2])).toEqual(await held.rowsAt([7, 2]))
    await Promise.all([held.release(), stored.release()])
    file.close()
    const { data } = set.operator.parameters.mask // [N, 1, 1, SIDE]: columns
    for (let k = 0; k < SIDE; k++) {
      const mirror = (2 * Math.floor(SIDE / 2) - k + SIDE) % SIDE
      const seen = Array.from({ length: N }, (_, i) =>
        Math.max(data[i * SIDE + k], data[i * SIDE + mirror]),
      ).reduce((a, b) => a + b)
      expect(shares.data[k]).toBeCloseTo(seen / N, 6)
      expect(shares.data[(SIDE - 1) * SIDE + k]).toBe(shares.data[k])
    }
  })

  it('noise alone is a mask that shows all', async () => {
    const rows = spectralRows(await scanned({ name: 'identity', settings: {} }))
    const { level, shares } = await rows.survey()
    expect(level).toBeCloseTo(NOISE, 12)
    expect(new Set(shares.data)).toEqual(new Set([1]))
    await rows.release()
  })

  it.each<[string, Partial<OperatorSetting>, string]>([
    ['blur', { name: 'blur', settings: { sigma: 1, size: 3 } }, "got operator 'blur'"],
    ['means of blocks', { name: 'pool', settings: { factor: 2 } }, "got operator 'pool'"],
    ['a phase', { settings: { acceleration: 2, phase: 1 } }, "(operator 'fourier' without a phase)"],
    ['coils', { name: 'coils', settings: {} }, "got operator 'coils'"],
  ])('are refused of %s', async (_, change, message) => {
    const set = await scanned(change)
    expect(() => spectralRows(set)).toThrow(message)
  })

  it('are refused where some are never seen', async () => {
    const few = await scanned()
    const { mask } = few.operator.parameters
    const centre = mask.data.map((_, i) => (i % SIDE === SIDE / 2 ? 1 : 0)) // the same column each time
    const rows = spectralRows({
      ...few,
      operator: { ...few.operator, parameters: { mask: new NdArray('float32', mask.shape, centre) } },
    })
    await expect(rows.survey()).rejects.toThrow(
      "no observation shows 30 of 36 coefficients of operator 'fourier'; each must be seen in some",
    )
    await rows.release()
  })

  it('are refused with noise that differs between entries, and with a domain', async () => {
    const set = await scanned()
    expect(() => spectralRows({ ...set, std: full(set.y.shape, 0.1) })).toThrow(
      'expected noise of one standard deviation, got one that differs between entries',
    )
    expect(() => spectralRows({ ...set, valid: full([SIDE, SIDE], 1) })).toThrow(
      "expected no domain: operator 'fourier' sees what is outside of it",
    )
  })
})
