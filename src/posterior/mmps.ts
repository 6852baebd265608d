/**
 * Moment matching posterior sampling (Rozet et al. 2024, Algorithm 3): with x | xt taken as N(x̂, V) where
 * x̂ = D(xt) and V = σ² Jᵀ by Tweedie's formula,
 *
 *   E[x | xt, y] ≈ x̂ + σ² Jᵀ Aᵀ (Σy + A V Aᵀ)⁻¹ (y − A x̂).
 *
 * Exact for a Gaussian prior and an exact solve. V enters the system only; the outer product is always the
 * true one. Non-linear operators are taken by their derivative at x̂. Where A mixes entries the system is
 * preconditioned by what is known without the network, see preconditioner.ts. Cost: one network evaluation,
 * and as many vector–Jacobian products as the solver makes products with C (one more in the paper: the
 * outer product is a sum of theirs, see `updated`).
 */
import { TweedieError } from '../error.ts'
import { bicgstab, cg, gmres, type Linear, type Solver, steihaug } from '../linalg/index.ts'
import { add, alignTo, mul, sizeOf, square, type Tensor, vjp } from '../tensor/index.ts'
import {
  type ConditionalCovariance,
  conditionalCovariances,
  tweedieCovariance,
} from './conditional-covariance.ts'
import type { GuidanceMethod } from './method.ts'
import { guidanceEntry, withDefaults } from './method-entry.ts'
import { preconditionerOf } from './preconditioner.ts'
import { update, updated } from './update.ts'

const settings = {
  iterations: {
    kind: 'integer',
    default: 5,
    min: 1,
    description: 'solver iterations: vectors of GMRES, or one of conjugate gradients',
    search: { range: [1, 8], scale: 'linear' },
  },
  solver: {
    kind: 'choice',
    default: 'auto',
    choices: ['auto', 'cg', 'gmres', 'bicgstab', 'steihaug'],
    description:
      'linear solver; auto: gmres, preconditioned where A says how, else cg for one iteration; ' +
      'steihaug: cg that goes no further than V explains, for sharp priors',
  },
  covariance: {
    kind: 'choice',
    default: 'tweedie',
    choices: ['tweedie', 'zeros', 'ones', 'cov_t'],
    description: 'V[x | xt] inside the linear system',
  },
} as const

/** Options of {@link mmps}. */
export interface MmpsOptions {
  /**
   * n ≥ 1, default 5: see {@link solverOf}. No more than y has entries are made: so many are exact.
   */
  readonly iterations?: number
  /** The solver itself, instead of a number of iterations. */
  readonly solve?: Solver
  /** V inside the linear system, default Tweedie's. */
  readonly covariance?: ConditionalCovariance
}

/**
 * The solver of so many iterations without a preconditioner: one of conjugate gradients (a step of steepest
 * descent), or more vectors of GMRES, since the Jacobian of a network is not quite symmetric and conjugate
 * gradients may then diverge.
 */
export const solverNameOf = (iterations: number): 'cg' | 'gmres' => (iterations > 1 ? 'gmres' : 'cg')

/** The solver by that name, see {@link solverNameOf}; GMRES where there is a preconditioner. */
export const solverOf = (iterations: number, precondition?: Linear): Solver =>
  precondition || solverNameOf(iterations) === 'gmres' ? gmres({ iterations, precondition }) : cg()

/**
 * MMPS; any differentiable operator.
 *
 * @returns the posterior denoiser of a prior and an observation
 * @throws TweedieError `input` for iterations that are no positive integer, options that it does not have,
 *   and iterations beside a solver
 *
 * @example
 * ```ts
 * const posterior = mmps({ iterations: 3 })(prior, observation)
 * ```
 */
export const mmps = ({
  covariance = tweedieCovariance,
  solve: given,
  ...options
}: MmpsOptions = {}): GuidanceMethod => {
  const { iterations } = withDefaults('mmps', { iterations: settings.iterations }, options)
  if (given && options.iterations !== undefined)
    throw new TweedieError('input', "mmps: 'iterations' and 'solve' are two ways to say one thing; give one")
  return (prior, observation) => (xt, sigma) => {
    const isTweedie = covariance === tweedieCovariance
    const own = isTweedie ? preconditionerOf(observation, sigma) : undefined
    const solve = given ?? solverOf(Math.min(iterations, sizeOf(observation.A.outShape)), own)
    const xhat = prior(xt, sigma)
    const pullback = (v: Tensor) => vjp(xhat, xt, v) // Jᵀ v
    const V = covariance(sigma, pullback)
    if (isTweedie) return updated(observation, xhat, V, solve)
    return add(xhat, mul(square(alignTo(sigma, xt)), pullback(update(observation, xhat, V, solve))))
  }
}

const solvers = {
  auto: undefined,
  cg: (iterations: number) => cg({ iterations }),
  gmres: (iterations: number) => gmres({ iterations }),
  bicgstab: (iterations: number) => bicgstab({ iterations }),
  steihaug: (iterations: number) => steihaug({ iterations }),
} as const

/** Products with C that a solver makes. */
const productsOf = (solver: keyof typeof solvers, iterations: number): number =>
  solver === 'bicgstab' ? 2 * iterations : iterations

/** MMPS in the list of methods. */
export const mmpsEntry = guidanceEntry({
  name: 'mmps',
  title: 'MMPS',
  reference: 'Rozet et al. 2024',
  needs: 'any',
  usesNoise: true,
  settings,
  make: ({ iterations, solver, covariance }) => {
    const V = conditionalCovariances[covariance]
    const solve = solvers[solver]
    return solve ? mmps({ solve: solve(iterations), covariance: V }) : mmps({ iterations, covariance: V })
  },
  vjps: ({ iterations, solver, covariance }) =>
    covariance === 'tweedie' ? productsOf(solver, iterations) : 1,
})
