/**
 * DiffPIR (Zhu et al. 2023): a proximal step on the data instead of a gradient through the network,
 *
 *   D = argmin_x ‖y − A x‖²_Σy + (λ/σ²) ‖x − x̂‖² = x̂ + V Aᵀ (Σy + A V Aᵀ)⁻¹ (y − A x̂),   V = σ²/λ I,
 *
 * the norm weighted by Σy⁻¹; the second form (push-through identity) needs only products with Σy. It is E[x |
 * xt, y] for that V without the Jacobian. Cost: one network evaluation.
 */
import { gmres, type Solver } from '../linalg/index.ts'
import { add, alignTo, mul, square, type Tensor } from '../tensor/index.ts'
import type { GuidanceMethod } from './method.ts'
import { guidanceEntry, withDefaults } from './method-entry.ts'
import { update } from './update.ts'

const settings = {
  lambda: {
    kind: 'number',
    default: 8,
    above: 0,
    description: 'trust in the prior against the observation',
    search: { range: [0.5, 64], scale: 'log' },
  },
} as const

/** Options of {@link diffpir}. */
export interface DiffpirOptions {
  /** λ > 0, how much the prior is trusted against the observation; default 8 (Rozet et al. 2024). */
  readonly lambda?: number
  /** Default five iterations of GMRES. */
  readonly solve?: Solver
}

/**
 * DiffPIR; any differentiable operator, non-linear ones by one Gauss–Newton step from x̂.
 *
 * @throws TweedieError `input` for a λ that is not positive
 *
 * @example
 * ```ts
 * const posterior = diffpir({ lambda: 3 })(prior, observation)
 * ```
 */
export const diffpir = ({
  solve = gmres({ iterations: 5 }),
  ...options
}: DiffpirOptions = {}): GuidanceMethod => {
  const { lambda } = withDefaults('diffpir', settings, { ...options })
  return (prior, observation) => (xt, sigma) => {
    const xhat = prior(xt, sigma)
    const rho = mul(square(alignTo(sigma, xt)), 1 / lambda)
    const V = (v: Tensor) => mul(v, rho)
    return add(xhat, V(update(observation, xhat, V, solve)))
  }
}

/** DiffPIR in the list of methods. */
export const diffpirEntry = guidanceEntry({
  name: 'diffpir',
  title: 'DiffPIR',
  reference: 'Zhu et al. 2023',
  needs: 'any',
  usesNoise: true,
  settings,
  make: diffpir,
  vjps: () => 0,
})
