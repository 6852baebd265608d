/**
 * Conditional RealNVP over vectors, as amortized posterior sampling uses it (Sun & Bouman 2021; Feng et al.
 * 2023; Mammadov, Chung & Ye 2024). One step, from x to z: ActNorm, coupling, reversal, ActNorm, coupling,
 * reversal, random permutation.
 *
 * The papers pad signals of odd length by an entry that is 0, which leaves a density over n + 1
 * entries. Here the halves of a coupling differ by one instead: nothing is padded, and log q is a
 * density over the n entries themselves.
 */
import { requireInteger } from '../checks.ts'
import { add, type NdArray, type Tensor } from '../tensor/index.ts'
import { type ActNorm, actNorm, actNormInverse, initActNorm } from './actnorm.ts'
import { affine } from './affine.ts'
import {
  type Conditioner,
  type ConditionerStatistics,
  conditioned,
  initConditioner,
  initConditionerStatistics,
} from './conditioner.ts'
import { coupling, couplingInverse, halves } from './coupling.ts'
import { expectRows, type Flow, noChange } from './flow.ts'
import { movedAgain, type StepMemory } from './moved-again.ts'
import { compose, inverseOrder, type Order, permute, randomOrder, reversal } from './permutation.ts'
import type { Transform } from './transform.ts'

/** Sizes of a flow. */
export interface RealNvpOptions extends StepMemory {
  /** Entries n of x, at least 2. */
  readonly size: number
  /** Entries m of y. */
  readonly condition: number
  /** Steps of two couplings each, default 32. */
  readonly steps?: number
  /** Width H of the conditioners, default ⌊n/8⌋ and at least 1. */
  readonly hidden?: number
  /** The transform of the half that a coupling moves, default {@link affine}. */
  readonly transform?: Transform
}

/** Weights and statistics, one entry for each coupling in the order from x to z. */
export type RealNvpParams<L> = {
  readonly weights: readonly { readonly norm: ActNorm<L>; readonly net: Conditioner<L> }[]
  readonly statistics: readonly ConditionerStatistics<L>[]
}

/** A {@link realNvp} with its sizes, which folding needs. */
export interface RealNvp extends Flow<RealNvpParams<NdArray>, RealNvpParams<Tensor>> {
  /** Entries n of x. */
  readonly size: number
  /** The transform of its couplings. */
  readonly transform: Transform
  /** The order of the entries after each coupling, from x to z. */
  readonly orders: readonly Order[]
}

/**
 * After the first coupling of a step a reversal, after the second one a reversal and the step's permutation.
 */
const ordersOf = (n: number, steps: number): Order[] =>
  Array.from({ length: 2 * steps }, (_, j) =>
    j % 2 === 0 ? reversal(n) : compose(reversal(n), randomOrder(n, (j - 1) / 2)),
  )

/**
 * A conditional RealNVP. Fresh, it is a permutation of the entries.
 *
 * @throws TweedieError `input` when a size is no positive integer or n is 1, `shape` when x,
 *   y or z have other shapes
 *
 * @example
 * ```ts
 * const flow = realNvp({ size: 784, condition: 784, steps: 8, hidden: 256 })
 * const params = flow.init(0)
 * const draw = jit((p: RealNvpParams<Tensor>, y: Tensor, z: Tensor) => flow.sample(p, y, z).x)
 * ```
 */
export const realNvp = (options: RealNvpOptions): RealNvp => {
  const { size: n, condition: m, steps = 32, transform = affine, rematerialise } = options
  const hidden = options.hidden ?? Math.max(1, Math.floor(n / 8))
  requireInteger(n, 2, 'realNvp: size')
  for (const [name, value] of Object.entries({ condition: m, steps, hidden }))
    requireInteger(value, 1, `realNvp: ${name}`)
  const [stays, moves] = halves(n)
  const sizes = { signal: stays, condition: m, hidden, outputs: transform.perEntry * moves }
  const orders = ordersOf(n, steps)
  const back = orders.map(inverseOrder)
  const check = (what: string, h: Tensor, y: Tensor): void => {
    expectRows('realNvp', what, h, [n], h.shape[0])
    expectRows('realNvp', 'y', y, [m], h.shape[0])
  }
  return {
    event: [n],
    condition: [m],
    size: n,
    transform,
    orders,
    init: (seed) => ({
      weights: orders.map((_, j) => ({ norm: initActNorm(), net: initConditioner(seed, `${j}`, sizes) })),
      statistics: orders.map(() => initConditionerStatistics(hidden)),
    }),
    sample: ({ weights, statistics }, y, z, { training = false } = {}) => {
      check('z', z, y)
      const after = [...statistics]
      let x = z
      let logdet = noChange(z)
      for (let j = orders.length - 1; j >= 0; j--) {
        const seen: ConditionerStatistics<Tensor>[] = []
        const at = { w: weights[j], x, y }
        const moved = movedAgain(
          rematerialise,
          ({ w, x, y }) => {
            const coupled = couplingInverse(permute(x, back[j]), transform, (stays) => {
              const { raw, statistics: own } = conditioned(w.net, statistics[j], stays, y, training)
              seen.push(own)
              return raw
            })
            const scaled = actNormInverse(coupled.h, w.norm)
            return { h: scaled.h, logdet: add(coupled.logdet, scaled.logdet) }
          },
          at,
        )
        after[j] = seen[0]
        logdet = add(logdet, moved.logdet)
        x = moved.h
      }
      return { x, logdet, statistics: after }
    },
    inverse: ({ weights, statistics }, x, y) => {
      check('x', x, y)
      let z = x
      let logdet = noChange(x)
      for (const [j, order] of orders.entries()) {
        const moved = movedAgain(
          rematerialise,
          ({ w, z, y }) => {
            const scaled = actNorm(z, w.norm)
            const coupled = coupling(
              scaled.h,
              transform,
              (stays) => conditioned(w.net, statistics[j], stays, y, false).raw,
            )
            return { h: permute(coupled.h, order), logdet: add(coupled.logdet, scaled.logdet) }
          },
          { w: weights[j], z, y },
        )
        logdet = add(logdet, moved.logdet)
        z = moved.h
      }
      return { z, logdet }
    },
  }
}
