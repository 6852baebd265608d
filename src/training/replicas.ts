/**
 * Training by replicas (DiLoCo, Douillard et al. 2023, arXiv:2311.08105, Algorithm 1). In a round each of n
 * replicas begins with the shared weights and takes H steps of Adam on its own rows; the mean of their moves
 * is the gradient of an outer step of Nesterov's method:
 *
 *     Δ = θ − mean θᵣ,   v ← μ v + Δ,   θ ← θ − η (Δ + μ v)
 *
 * With H = 1, η = 1, μ = 0 it is plain averaging. The moments of Adam stay with their replica, as there. A
 * moving average of the weights is not in the paper: here each replica carries the shared one on through its
 * steps, and the mean of theirs is the next.
 */
import { requireInteger } from '../checks.ts'
import { TweedieError } from '../error.ts'
import { initMoments, type Moments } from '../nn/index.ts'
import { flatten, NdArray, type Tree, unflatten, zerosLike } from '../tensor/index.ts'
import type { TrainState } from './train-state.ts'

/** How replicas train. */
export interface ReplicaOptions {
  /** n ≥ 1. */
  readonly count: number
  /** H ≥ 1, steps of each in a round; default 50. */
  readonly steps?: number
  /** η > 0; default 0.7. */
  readonly rate?: number
  /** μ in [0, 1); default 0.9. */
  readonly momentum?: number
}

/** The same with every choice made. */
export type ReplicaPlan = Required<ReplicaOptions>

/**
 * The defaults of the paper's outer optimiser, and H = 50.
 *
 * @throws TweedieError `input` for numbers out of range
 */
export const replicaPlan = ({
  count,
  steps = 50,
  rate = 0.7,
  momentum = 0.9,
}: ReplicaOptions): ReplicaPlan => {
  requireInteger(count, 1, 'the number of replicas')
  requireInteger(steps, 1, 'the steps of a round')
  if (!(rate > 0)) throw new TweedieError('input', `the rate of replicas must be positive, got ${rate}`)
  if (!(momentum >= 0 && momentum < 1))
    throw new TweedieError('input', `the momentum of replicas must be in [0, 1), got ${momentum}`)
  return { count, steps, rate, momentum }
}

/** What training by replicas has beside the shared state. */
export interface ReplicaState {
  /** v, of the nesting of the weights. */
  readonly velocity: Tree<NdArray>
  /** Of Adam, of each replica. */
  readonly moments: readonly Moments<Tree<NdArray>>[]
}

/** Before the first round. */
export const initReplicas = ({ params }: TrainState, { count }: ReplicaPlan): ReplicaState => ({
  velocity: zerosLike(params),
  moments: Array.from({ length: count }, () => initMoments(params)),
})

/** What a replica begins a round with. */
export const replicaStart = (shared: TrainState, { moments }: ReplicaState, replica: number): TrainState => ({
  ...shared,
  moments: moments[replica],
})

type Numbers = Float32Array | Float64Array

/** The same entries of several trees, taken together, in the dtype that they have. */
const together = <T extends Tree<NdArray>>(
  trees: readonly [T, ...T[]],
  fn: (values: readonly number[]) => number,
): T => {
  const flat = trees.map((tree) => flatten(tree))
  const [first] = flat
  const entries = Object.entries(first).map(([name, array]) => {
    const parts = flat.map((arrays) => arrays[name].data)
    const data = array.data.slice() as Numbers
    for (let i = 0; i < data.length; i++) data[i] = fn(parts.map((part) => Number(part[i])))
    return [name, new NdArray(array.dtype, array.shape, data)] as const
  })
  return unflatten(trees[0], Object.fromEntries(entries))
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

/**
 * The outer step.
 *
 * @param shared - what all replicas began the round with
 * @param ends - where each came
 * @param ema - decay of the moving average; with 0 the average is the weights
 *
 * @example
 * ```ts
 * const plan = replicaPlan({ count: 2 })
 * const shared = initTrainState(net.init(0))
 * const replicas = initReplicas(shared, plan)
 * const ends = [0, 1].map((replica) => replicaStart(shared, replicas, replica)) // and some steps of each
 * const [next, moved] = outerStep(shared, replicas, ends, plan, 0.999)
 * ```
 */
export const outerStep = (
  shared: TrainState,
  { velocity }: ReplicaState,
  ends: readonly TrainState[],
  { rate, momentum }: ReplicaPlan,
  ema: number,
): readonly [TrainState, ReplicaState] => {
  const [first, ...others] = ends
  if (!first) throw new TweedieError('input', 'an outer step needs the end of at least one replica')
  const meanOf = (part: 'params' | 'average' | 'statistics') =>
    together([first[part], ...others.map((end) => end[part])], mean)
  const delta = together([shared.params, meanOf('params')], ([before, after]) => before - after)
  const next = together([velocity, delta], ([v, d]) => momentum * v + d)
  const params = together([shared.params, delta, next], ([p, d, v]) => p - rate * (d + momentum * v))
  return [
    { ...shared, params, average: ema === 0 ? params : meanOf('average'), statistics: meanOf('statistics') },
    { velocity: next, moments: ends.map(({ moments }) => moments) },
  ]
}
