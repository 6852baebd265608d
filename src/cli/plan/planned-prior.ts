/** The prior of a distillation that is planned: one that is there, or one as an experiment will make it. */
import { existsSync } from 'node:fs'
import { standardGaussian } from '../../diffusion/index.ts'
import { TweedieError } from '../../error.ts'
import { network } from '../../nn/index.ts'
import type { DataRange } from '../../operators/index.ts'
import { learnedPrior, loadPrior, priorDigest } from '../../run/index.ts'
import { type Shape, sizeOf } from '../../tensor/index.ts'
import { experimentOf } from '../config/arguments.ts'
import { levelsOf, networkConfigOf, parameterizationIn } from '../config/building.ts'
import type { NamedPrior } from '../config/distill-request.ts'

/** Signals of the measurements. */
interface Signals {
  readonly event: Shape
  readonly range: DataRange
}

/** A prior that has learned nothing, of the network of an experiment. */
const untrained = (config: string, { event, range }: Signals): NamedPrior => {
  const experiment = experimentOf([config], undefined)
  const net = networkConfigOf(experiment, event)
  const gaussian = standardGaussian(sizeOf(event))
  const params = network(net).init(0)
  const levels = levelsOf(experiment)
  const parameterization = parameterizationIn(experiment)
  return {
    prior: learnedPrior({ net, params, gaussian, ...levels, parameterization, event, range, laps: 0 }),
    digest: '',
  }
}

/**
 * The prior at a path, or, where none is there yet, as an experiment will make it.
 *
 * @param config - that experiment
 * @throws TweedieError `input` when there is neither
 */
export const plannedPrior = (path: string, config: string | undefined, signals: Signals): NamedPrior => {
  if (existsSync(path)) return { prior: loadPrior(path), digest: priorDigest(path) }
  if (config !== undefined) return untrained(config, signals)
  throw new TweedieError(
    'input',
    `prior: '${path}' is not there; say which experiment will make it: --prior experiments/….yaml`,
  )
}
