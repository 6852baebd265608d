/** Lévy signals by the law of their increments: prior, observations, exact draws of the posterior. */
import { CholeskyDecomposition, Matrix } from 'ml-matrix'
import { type Denoiser, gaussianDenoiser } from '../../src/diffusion/index.ts'
import { exact, type GuidanceMethod } from '../../src/posterior/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import {
  add,
  alignTo,
  div,
  full,
  jit,
  mul,
  ndarray,
  rsqrt,
  square,
  type Tensor,
  toNumbers,
} from '../../src/tensor/index.ts'
import { latticeDenoiser } from '../../test/exact/levy/lattice-walk.ts'
import {
  type Energy,
  LENGTH,
  NOISE,
  walkEnergy,
  walkPosterior,
  walkPrior,
  walks,
} from '../../test/exact/levy/levy.ts'
import { gibbsDraws } from '../../test/exact/levy/levy-gibbs.ts'
import {
  incrementsOf,
  type SparseWalk,
  sparseEnergy,
  sparseSignals,
} from '../../test/exact/levy/sparse-levy.ts'
import { type Contender, contendersFor, singleContenders } from './contenders.ts'

export const DRAWS = 39

/** Fewer where a denoiser takes a tenth of a second. */
const [SIGNALS, SPARSE_SIGNALS] = [200, 100] as const

/** Signals [S, 64] seen with noise, every entry. */
export interface LevyProblem {
  readonly name: string
  readonly prior: Denoiser
  readonly noise: number
  readonly x: readonly number[]
  readonly y: readonly number[]
  /** E[x | y], [S, 64]. */
  readonly mean: readonly number[]
  /** 39 draws from the posterior, each [S, 64]. */
  readonly gold: readonly (readonly number[])[]
  /** Milliseconds of one of them. */
  readonly goldMilliseconds: number
  /** What ranks draws for the density region. */
  readonly energy: Energy
  /** Values that differ by less count as equal in intervals. */
  readonly resolution: number
  readonly contenders: (evaluations: number) => Contender[]
}

/** What `make` returns, and its milliseconds for one draw of one signal. */
const timed = (signals: number, make: () => number[][]) => {
  const from = performance.now()
  const gold = make()
  return { gold, goldMilliseconds: (performance.now() - from) / (DRAWS * signals) }
}

/** Increments N(0, 1): the posterior is a Gaussian. */
export const gaussianWalk = async (): Promise<LevyProblem> => {
  const { x, y } = walks(SIGNALS)
  const { G, C } = walkPosterior()
  const half = new CholeskyDecomposition(C).lowerTriangularMatrix
  const mean = Matrix.from1DArray(SIGNALS, LENGTH, y).mmul(G.transpose())
  const draw = (k: number): number[] => {
    const z = toNumbers(normal(stream(7, 'exact walks'), [SIGNALS, LENGTH], { draw: k }))
    return Matrix.add(mean, Matrix.from1DArray(SIGNALS, LENGTH, z).mmul(half.transpose())).to1DArray()
  }
  return {
    name: 'Lévy, Gaussian increments',
    prior: gaussianDenoiser(walkPrior()),
    noise: NOISE,
    ...{ x, y, mean: mean.to1DArray() },
    ...timed(SIGNALS, () => Array.from({ length: DRAWS }, (_, k) => draw(k))),
    energy: walkEnergy,
    resolution: 0,
    contenders: (evaluations) => contendersFor(exact(walkPrior()), evaluations),
  }
}

/** E[x | xt, y] where y = x + noise: xt and y together are one observation of x with less noise. */
const asOneObservation =
  (noise: number): GuidanceMethod =>
  (prior, { y }) =>
  (xt, sigma) => {
    const s = alignTo(sigma, xt)
    const total = add(square(s), noise ** 2)
    const both = div(add(mul(xt, noise ** 2), mul(y, square(s))), total)
    const level = mul(mul(sigma, noise), rsqrt(add(square(sigma), noise ** 2)))
    return prior(both, level)
  }

/** Gibbs draws of every signal, after 200 sweeps each 20 sweeps apart. */
const gibbsOf = ({ active, noise }: SparseWalk, y: readonly number[]): number[][] => {
  const length = { draws: DRAWS, burn: 200, thin: 20 }
  const bySignal = Array.from({ length: SPARSE_SIGNALS }, (_, s) =>
    gibbsDraws({ active, noise, y: y.slice(s * LENGTH, (s + 1) * LENGTH) }, length, 7, `gold ${s}`),
  )
  return Array.from({ length: DRAWS }, (_, k) => bySignal.flatMap((draws) => Array.from(draws[k])))
}

/** Laplace or Bernoulli–Laplace increments. */
export const sparseWalk = async (walk: SparseWalk): Promise<LevyProblem> => {
  const { x, y } = sparseSignals(walk, SPARSE_SIGNALS)
  const prior = latticeDenoiser(incrementsOf(walk))
  const program = jit((xt: Tensor, sigma: Tensor) => prior(xt, sigma))
  const mean = toNumbers(
    await program(ndarray(y, [SPARSE_SIGNALS, LENGTH]), full([SPARSE_SIGNALS], walk.noise)),
  )
  await program.release()
  return {
    name: `Lévy, ${walk.name} increments`,
    prior,
    noise: walk.noise,
    ...{ x, y, mean },
    ...timed(SPARSE_SIGNALS, () => gibbsOf(walk, y)),
    energy: sparseEnergy(walk),
    resolution: walk.active < 1 ? walk.noise / 20 : 0, // samplers end at 0 but for their last level
    contenders: (evaluations) => singleContenders(asOneObservation(walk.noise), evaluations),
  }
}
