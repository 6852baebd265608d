/**
 * Steps on batches in parts, for batches whose activations do not fit into memory at once. With n_j of the n
 * rows in part j and the loss a mean over rows,
 *
 *     ∇L = Σ_j (n_j / n) ∇L_j,
 *
 * and so are terms and statistics. One program adds a part's gradient to the sum, others take the step.
 */
import { TweedieError } from '../error.ts'
import {
  add,
  type ExecuteOptions,
  type Feeds,
  free,
  holding,
  item,
  leavesOf,
  mapArrays,
  mapTensors,
  mul,
  NdArray,
  rows,
  scalar,
  type Tensor,
  type Tree,
  type Value,
  walk,
  zerosLike,
} from '../tensor/index.ts'
import { inGroups } from './in-groups.ts'
import type { Objective, Terms, Trained } from './objective.ts'
import { numbersOf, type StepFigures, type Steps } from './steps.ts'
import type { TrainState } from './train-state.ts'
import { judged, type Pace, type UpdateOptions } from './update.ts'

/** What is summed over parts. */
type Sums<L> = { readonly grads: Tree<L>; readonly statistics: Tree<L> }

const hasArrays = (tree: Tree<Value>): boolean => {
  let found = false
  walk(tree, () => {
    found = true
  })
  return found
}

/** Rows `from … to − 1` of every array of a batch; scalars are those of all rows. */
const partOf = <F>(batch: F, from: number, to: number): F =>
  mapArrays((leaf) => (leaf.shape.length === 0 ? leaf : rows(leaf, from, to)), batch)

/**
 * Makes the sums of gradients in the order in which these become known on the way back. Nodes are shared, so
 * that whoever makes the sums again gets these; a program computes outputs in the order in which they were
 * made, and what a gradient is made of is freed when it has been added.
 */
const addedAsKnown = (grads: Tree<Tensor>, sums: Tree<Tensor>): void => {
  const into = leavesOf(sums)
  const pairs = leavesOf(grads).map((g, i) => ({ g, sum: into[i] }))
  for (const { g, sum } of pairs.sort((a, b) => a.g.id - b.g.id)) add(sum, g)
}

/** How many rows a batch has. @throws TweedieError `input` when its arrays disagree */
const countOf = (batch: unknown): number => {
  const counts = new Set<number>()
  walk(batch, (leaf) => {
    if (leaf instanceof NdArray && leaf.shape.length > 0) counts.add(leaf.shape[0])
  })
  const [count] = counts
  if (counts.size !== 1)
    throw new TweedieError(
      'input',
      `microBatch: the arrays of a batch need as many rows each, got ${[...counts].join(' and ')}`,
    )
  return count
}

const weighted = (parts: readonly (readonly [Terms<number>, number])[]): Terms<number> => {
  const meanOf = (name: string) => parts.reduce((sum, [terms, weight]) => sum + weight * terms[name], 0)
  const names = Object.keys(parts[0][0])
  return { ...Object.fromEntries(names.map((name) => [name, meanOf(name)])), loss: meanOf('loss') }
}

/**
 * Steps on batches of which at most `size` rows are computed at once. The last part may be smaller, which
 * costs another compilation.
 */
export const inParts = <B>(
  objective: Objective<B>,
  size: number,
  options: UpdateOptions,
  execute?: ExecuteOptions,
): Steps<B> => {
  const accumulate = holding(
    ({ model, grads, statistics }: Sums<Tensor> & { model: Trained<Tensor> }, weight: Tensor, batch: B) => {
      const part = judged(objective, model, batch, weight)
      addedAsKnown(part.grads, grads)
      const after = mapTensors((s) => mul(s, weight), part.statistics)
      return {
        told: part.terms,
        held: {
          // The weight is in the gradient already.
          grads: mapTensors((g, sum) => add(sum, g), part.grads, grads),
          statistics: mapTensors((s, sum) => add(sum, s), after, statistics),
        },
      }
    },
    execute,
  )
  const finish = inGroups(options, execute)
  const step = async (
    { statistics, ...state }: TrainState<Value>,
    pace: Pace<NdArray>,
    batch: Feeds<B>,
  ): Promise<{ state: TrainState<Value>; figures: StepFigures }> => {
    const count = countOf(batch)
    const parts: [Terms<number>, number][] = []
    const model = { params: state.params, statistics }
    let sums: Sums<Value> = { grads: zerosLike(state.params), statistics: zerosLike(statistics) }
    let changed = false
    for (let from = 0; from < count; from += size) {
      const to = Math.min(from + size, count)
      const weight = (to - from) / count
      const part = partOf(batch, from, to)
      const { held, told } = await accumulate({ model, ...sums }, scalar(weight, pace.lr.dtype), part)
      free(sums)
      changed = hasArrays(held.statistics)
      sums = { grads: held.grads, statistics: changed ? held.statistics : sums.statistics }
      parts.push([numbersOf(told), weight])
    }
    const { state: after, gradient } = await finish.take(state, sums.grads, pace)
    free(sums.grads)
    return {
      state: { ...after, statistics: changed ? sums.statistics : statistics },
      figures: { terms: weighted(parts), gradient: item(gradient) },
    }
  }
  return {
    take: async (start, paces, batches) => {
      const taken: StepFigures[] = []
      let state = start
      for (const [i, batch] of batches.entries()) {
        const next = await step(state, paces[i], batch)
        if (i > 0) free(state, next.state)
        state = next.state
        taken.push(next.figures)
      }
      return { state, taken }
    },
    release: async () => {
      await Promise.all([accumulate.release(), finish.release()])
    },
  }
}
