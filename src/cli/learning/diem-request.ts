/** From the configuration of a run to what DiEM is asked for: the same for who learns and for who draws. */
import { type Observations, setAsideOf } from '../../observations/index.ts'
import type { LearnRequest } from '../../run/index.ts'
import type { ExecuteOptions } from '../../tensor/index.ts'
import { checkExperiment, diemOptionsOf, levelsOf, networkConfigOf } from '../config/building.ts'
import type { Experiment } from '../config/schema.ts'

/** What is set aside; nothing of few observations, and of blind sets, whose operator is not known. */
export const heldOf = ({ monitor: { held }, seed }: Experiment, { y, operator }: Observations) =>
  setAsideOf(y.shape[0], held.observations) > 0 && !operator.truth ? { ...held, seed } : undefined

/**
 * The request of an experiment.
 *
 * @throws TweedieError `input` for what does not fit the data
 */
export const diemRequestOf = (
  experiment: Experiment,
  set: Observations,
  execute: ExecuteOptions,
): LearnRequest => {
  const { event } = set.operator
  const net = networkConfigOf(experiment, event, set.mesh)
  checkExperiment(experiment, event, set.operator)
  return {
    net,
    set,
    ...levelsOf(experiment),
    options: diemOptionsOf(experiment, execute),
    held: heldOf(experiment, set),
    ...(experiment.em.edges === 'auto' ? { edges: 'auto' } : {}),
  }
}
