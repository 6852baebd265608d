import { describe, expect, it } from 'vitest'
import { cg, type Descent, descendInPieces, descentPiece, inner } from '../../src/linalg/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { constant, greater, jit, mul, type NdArray, type Tensor, toNumbers } from '../../src/tensor/index.ts'
import { distance, f64 } from '../numbers.ts'

const SIZE = 64

/** C diagonal, so that C⁻¹ b is known entry by entry. */
const times = (d: readonly number[]) => (v: Tensor) => mul(v, constant(f64(d)))

/** k values over 64 entries: conjugate gradients end after k iterations in exact arithmetic. */
const spectrum = (k: number): number[] => Array.from({ length: SIZE }, (_, i) => 1 + 3 * (i % k))

const random = (rows: number): NdArray<'float64'> =>
  f64(toNumbers(normal(stream(0, 'b'), [rows, SIZE])), [rows, SIZE])

/** u and the number of pieces; stops at ‖r‖ ≤ tolerance ‖b‖. */
const solved = async (d: readonly number[], b: NdArray, iterations: number, tolerance: number) => {
  let pieces = 0
  const program = jit((b: Tensor, state: Descent, left: Tensor) => {
    const enough = mul(inner(b, b), tolerance ** 2)
    return descentPiece(times(d), state, { goesOn: (_i, _r, rr) => greater(rr, enough), left })
  })
  try {
    const { u } = await descendInPieces(b, iterations, (state, left) => {
      pieces++
      return program(b, state, left)
    })
    return { u: toNumbers(u), pieces }
  } finally {
    await program.release()
  }
}

const unrolled = async (d: readonly number[], b: NdArray, iterations: number): Promise<number[]> => {
  const program = jit((b: Tensor) => cg({ iterations })(times(d), b))
  const u = toNumbers(await program(b))
  await program.release()
  return u
}

describe('conjugate gradients in pieces', () => {
  const hard = Array.from({ length: SIZE }, (_, i) => 1.2 ** i)

  it.each([1, 5, 8, 13, 40])('make the same %i iterates as unrolled', async (iterations) => {
    const b = random(3)
    const { u, pieces } = await solved(hard, b, iterations, 0)
    expect(distance(u, await unrolled(hard, b, iterations))).toBeLessThan(1e-12)
    expect(pieces).toBe(Math.ceil(iterations / 8))
  })

  it.each([
    [3, 1],
    [12, 2],
    [20, 3],
  ])('are done after %i eigenvalues, in %i pieces of the 125 allowed', async (k, expected) => {
    const [d, b] = [spectrum(k), random(2)]
    const { u, pieces } = await solved(d, b, 1000, 1e-9)
    const exact = toNumbers(b).map((v, i) => v / d[i % SIZE])
    expect(distance(u, exact)).toBeLessThan(1e-8)
    expect(pieces).toBe(expected)
  })

  it('leave a row that is solved as it is while others go on', async () => {
    const rows = toNumbers(random(2))
    const b = f64(
      [...Array.from({ length: SIZE }, (_, i) => Number(i === 5)), ...rows.slice(SIZE)],
      [2, SIZE],
    )
    const { u, pieces } = await solved(hard, b, 200, 1e-6)
    expect(pieces).toBeGreaterThan(2)
    // The unit vector is an eigenvector: one iteration solves it, and rounding never stirs it again.
    const alone = await solved(hard, f64(toNumbers(b).slice(0, SIZE), [1, SIZE]), 1, 1e-6)
    expect(u.slice(0, SIZE)).toEqual(alone.u)
    expect(u[5]).toBeCloseTo(1 / hard[5], 14)
  })

  it('end where no row can move: p·Cp < 0', async () => {
    const { u, pieces } = await solved(
      hard.map((v) => -v),
      random(2),
      1000,
      1e-6,
    )
    expect(pieces).toBe(1)
    expect(u.every((v) => v === 0)).toBe(true)
  })

  it('refuse iterations that are no positive integer', async () => {
    await expect(solved(hard, random(1), 0, 0)).rejects.toMatchObject({ code: 'input' })
  })
})
