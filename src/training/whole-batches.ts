import { constant, type ExecuteOptions, full, holding, item, leavesOf, type Tensor } from '../tensor/index.ts'
import type { Objective, Terms } from './objective.ts'
import { numbersOf, type Steps } from './steps.ts'
import type { TrainState } from './train-state.ts'
import { judged, moved, type Pace, type UpdateOptions } from './update.ts'

/**
 * Steps on whole batches. A program takes all that it is given, so that the state crosses its border once;
 * it grows with their number.
 */
export const wholeBatches = <B>(
  objective: Objective<B>,
  options: UpdateOptions,
  execute?: ExecuteOptions,
): Steps<B> => {
  const program = holding((start: TrainState<Tensor>, paces: readonly Pace[], ...batches: B[]) => {
    let state = start
    const taken = batches.map((batch, i): { terms: Terms; gradient: Tensor } => {
      const one = constant(full([], 1, paces[i].lr.dtype))
      const { terms, grads, statistics } = judged(objective, state, batch, one)
      const { gradient, ...next } = moved(state, grads, paces[i], options)
      state = { ...next, statistics: leavesOf(statistics).length > 0 ? statistics : state.statistics }
      return { terms, gradient }
    })
    return { held: state, told: taken }
  }, execute)
  return {
    take: async (start, paces, batches) => {
      const { held: state, told } = await program(start, paces, ...batches)
      return {
        state: options.ema > 0 ? state : { ...state, average: state.params },
        taken: told.map(({ terms, gradient }) => ({ terms: numbersOf(terms), gradient: item(gradient) })),
      }
    },
    release: program.release,
  }
}
