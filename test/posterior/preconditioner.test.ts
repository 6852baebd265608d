/** MMPS where the operator mixes entries: few iterations with a preconditioner against an exact solve. */
import { expect, it } from 'vitest'
import { type Gaussian, gaussianDenoiser } from '../../src/diffusion/index.ts'
import { cg, covarianceFactor, isotropic } from '../../src/linalg/index.ts'
import {
  blur,
  diagonalNoise,
  gaussianBlur,
  isotropicNoise,
  type LinearOperator,
  mask,
  type Observation,
  scaled,
} from '../../src/operators/index.ts'
import {
  type MmpsOptions,
  mmps,
  onesCovariance,
  solverOf,
  zeroCovariance,
} from '../../src/posterior/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import {
  add,
  alignTo,
  constant,
  full,
  jit,
  mul,
  type NdArray,
  ndarray,
  type Tensor,
  toNumbers,
  zeros,
} from '../../src/tensor/index.ts'
import { prior, SIZE } from '../exact/circulant.ts'

const EVENT = [1, SIZE]
const LEVELS = [0.1, 0.5, 2]
const ROWS = 6

const values = (name: string): NdArray => {
  const shape = [LEVELS.length * ROWS, ...EVENT]
  return ndarray(toNumbers(normal(stream(5, name), shape)), shape, 'float64')
}

/** Six samples at each level. */
const sigma = ndarray(
  LEVELS.flatMap((level) => Array<number>(ROWS).fill(level)),
  [LEVELS.length * ROWS],
  'float64',
)

/** For each level, how far MMPS is off with these options, over how far y moves x̂. */
const errorsOf = async (
  gaussian: Gaussian,
  A: LinearOperator,
  ...options: MmpsOptions[]
): Promise<number[][]> => {
  const D = gaussianDenoiser(gaussian)
  const program = jit((z: Tensor, n: Tensor, noise: Tensor, s: Tensor) => {
    const x = covarianceFactor(gaussian.covariance, z)
    const xt = add(x, mul(n, alignTo(s, n)))
    const seen = { y: add(A.apply(x), mul(noise, 0.05)), A, noise: isotropicNoise(0.05) }
    const exact = mmps({ solve: cg({ iterations: 36, tolerance: 1e-12 }) })
    return [D, ...[exact, ...options.map(mmps)].map((method) => method(D, seen))].map((at) => at(xt, s))
  })
  const [none, truth, ...some] = (await program(values('z'), values('n'), values('noise'), sigma)).map(
    toNumbers,
  )
  await program.release()
  const gap = (u: readonly number[], level: number) => {
    const each = ROWS * SIZE
    return Math.hypot(...u.map((v, i) => v - truth[i]).slice(level * each, (level + 1) * each))
  }
  return some.map((u) => LEVELS.map((_, level) => gap(u, level) / gap(none, level)))
}

const kernel = constant(ndarray([0.1, 0.2, 0.4, 0.2, 0.1], [1, 1, 5], 'float64'))
const wide = gaussianBlur(EVENT, { sigma: 1.5 })
const blurs: readonly { readonly name: string; readonly A: LinearOperator }[] = [
  { name: 'separable', A: wide },
  { name: 'scaled', A: scaled(wide, 2) },
  { name: 'circular', A: blur(kernel, EVENT, { boundary: 'circular' }) },
]

const plain = (iterations: number) => ({ solve: solverOf(iterations) })

it.each(blurs)(
  'three iterations do better than without, and at low levels than five, $name',
  async ({ A }) => {
    const [three, same, more] = await errorsOf(prior(), A, { iterations: 3 }, plain(3), plain(5))
    for (const [level, error] of three.entries()) {
      expect(error).toBeLessThan(0.8 * same[level])
      if (LEVELS[level] < 1) expect(error).toBeLessThan(0.7 * more[level])
    }
  },
)

it('three iterations do better than without at low levels where the edges are not quite right', async () => {
  const mirrored = blur(kernel, EVENT, { boundary: 'reflect' })
  const [three, same] = await errorsOf(prior(), mirrored, { iterations: 3 }, plain(3))
  for (const level of [0, 1]) expect(three[level]).toBeLessThan(0.8 * same[level])
})

it('is exact after one iteration where V is what it is taken for', async () => {
  const standard = { mean: zeros([SIZE], 'float64'), covariance: isotropic(1) }
  const [one, without] = await errorsOf(standard, wide, { iterations: 1 }, plain(1))
  expect(Math.max(...one)).toBeLessThan(1e-8)
  expect(Math.min(...without)).toBeGreaterThan(1e-3)
})

it('stays out of systems that it knows nothing of: masks, other noise, other choices of V', () => {
  const D = gaussianDenoiser(prior())
  const [x, y, s] = [constant(values('x')), constant(values('y')), constant(sigma)]
  const noise = isotropicNoise(0.05)
  const A = gaussianBlur(EVENT, { sigma: 1.5 })
  const same = (options: Parameters<typeof mmps>[0], seen: Observation) => {
    const plain = mmps({ ...options, solve: solverOf(5) })
    expect(mmps(options)(D, seen)(x, s)).toBe(plain(D, seen)(x, s)) // equal expressions are one node
  }
  same({}, { y, A: mask(constant(full([1, ...EVENT], 1, 'float64'))), noise })
  same({}, { y, A, noise: diagonalNoise(full(EVENT, 0.1, 'float64')) })
  same({ covariance: onesCovariance }, { y, A, noise })
  same({ covariance: zeroCovariance }, { y, A, noise })
  expect(mmps()(D, { y, A, noise })(x, s)).not.toBe(mmps({ solve: solverOf(5) })(D, { y, A, noise })(x, s))
})
