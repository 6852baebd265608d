/**
 * The affine conditional flow x = L z + M y + b with L lower triangular and a positive diagonal: q(x | y) is
 * N(M y + b, L Lᵀ), all that a Gaussian posterior of a linear problem needs. For small n.
 */
import { requireInteger } from '../checks.ts'
import { type Dense, dense, matrixOf } from '../linalg/index.ts'
import {
  add,
  exp,
  expandDims,
  matmul,
  mul,
  type NdArray,
  neg,
  sub,
  sum,
  type Tensor,
  zeros,
} from '../tensor/index.ts'
import { expectRows, type Flow, noChange } from './flow.ts'

/** Sizes of a Gaussian flow. */
export interface GaussianFlowOptions {
  /** Entries n of x. */
  readonly size: number
  /** Entries m of y. */
  readonly condition: number
}

/**
 * Weights; nothing is averaged. L = (I + lower) diag(e^logDiagonal), with the strict
 * lower triangle of `lower`.
 */
export type GaussianFlowParams<L> = {
  readonly weights: {
    /** [n, n]. */
    readonly lower: L
    /** [n]. */
    readonly logDiagonal: L
    /** M [n, m]. */
    readonly gain: L
    /** b [n]. */
    readonly bias: L
  }
  readonly statistics: readonly []
}

/** 1 below the diagonal. */
const strictlyLower = (n: number): Dense => dense(matrixOf(n, n, (i, j) => (j < i ? 1 : 0)))

const times = (x: Tensor, matrix: Tensor): Tensor => matmul(x, matrix, { transB: true })

/** (I + N)⁻¹ v = Π (I + (−N)^(2^k)) v, exact after log₂ n factors since Nⁿ = 0. */
const unitSolve = (N: Tensor, v: Tensor): Tensor => {
  let power = neg(N)
  let out = v
  for (let k = 1; k < N.shape[0]; k *= 2) {
    out = add(out, times(out, power))
    power = matmul(power, power)
  }
  return out
}

/**
 * The affine conditional flow. Fresh, x = z.
 *
 * @param options - entries n of x and m of y
 * @throws TweedieError `input` when a size is no positive integer, `shape` when x, y or z have other shapes
 *
 * @example
 * ```ts
 * const flow = gaussianFlow({ size: 8, condition: 4 })
 * ```
 */
export const gaussianFlow = ({
  size: n,
  condition: m,
}: GaussianFlowOptions): Flow<GaussianFlowParams<NdArray>, GaussianFlowParams<Tensor>> => {
  requireInteger(n, 1, 'gaussianFlow: size')
  requireInteger(m, 1, 'gaussianFlow: condition')
  const below = strictlyLower(n)
  const parts = ({ weights: w }: GaussianFlowParams<Tensor>, x: Tensor, y: Tensor) => {
    expectRows('gaussianFlow', 'x and z', x, [n], x.shape[0])
    expectRows('gaussianFlow', 'y', y, [m], x.shape[0])
    return {
      lower: mul(w.lower, below(w.lower)),
      centre: add(times(y, w.gain), w.bias),
      logDiagonal: expandDims(w.logDiagonal, 0),
      logdet: add(noChange(x), sum(w.logDiagonal)),
    }
  }
  return {
    event: [n],
    condition: [m],
    init: () => ({
      weights: { lower: zeros([n, n]), logDiagonal: zeros([n]), gain: zeros([n, m]), bias: zeros([n]) },
      statistics: [],
    }),
    sample: (params, y, z) => {
      const { lower, centre, logDiagonal, logdet } = parts(params, z, y)
      const scaled = mul(z, exp(logDiagonal))
      return { x: add(add(scaled, times(scaled, lower)), centre), logdet, statistics: [] }
    },
    inverse: (params, x, y) => {
      const { lower, centre, logDiagonal, logdet } = parts(params, x, y)
      return { z: mul(unitSolve(lower, sub(x, centre)), exp(neg(logDiagonal))), logdet: neg(logdet) }
    },
  }
}
