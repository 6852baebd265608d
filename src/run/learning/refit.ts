/**
 * The last lap, on everything: what was set aside to judge laps has done its work once one is chosen, and
 * then teaches as well. A Gaussian start of seven eighths of few observations is worse than one of all.
 */
import { type DiemHooks, type DiemPoint, diem, type GaussianChoice } from '../../em/index.ts'
import { network } from '../../nn/index.ts'
import { initTrainState } from '../../training/index.ts'
import type { Run } from '../folder.ts'
import type { LearnedPrior } from '../prior.ts'
import type { LearnRequest } from './learn-request.ts'
import { priorOf } from './learn-state.ts'

/** What the last lap goes on from. */
export interface RefitFrom {
  /** Of the best lap, or the Gaussian start. */
  readonly best: LearnedPrior
  /** A state of this lap that was saved before it was done. */
  readonly resumed?: DiemPoint
  /** What the Gaussian start of the laps chose: the second one has the same rank and field. */
  readonly choice?: GaussianChoice
}

/**
 * Fits the Gaussian start again, to all observations, and where a lap of the network is the best, makes one
 * more: posterior samples of all observations under this Gaussian and the weights of that lap, and an
 * ordinary lap's steps from these weights. It has the number of the lap after the last.
 *
 * @returns the prior, which keeps the number of the lap that it was made from
 * @throws TweedieError `interrupted`, `numeric` as `diem`
 */
export const refit = async (
  run: Run,
  request: LearnRequest,
  { best, resumed, choice }: RefitFrom,
  hooks: Omit<DiemHooks, 'onLap' | 'isEnough'>,
): Promise<LearnedPrior> => {
  const { set, options } = request
  const net = network(request.net)
  const event = { lap: best.laps, observations: set.y.shape[0] }
  request.onRefit?.(event)
  const begun = async (): Promise<DiemPoint> => {
    const { signal, onProgress, startMemory } = hooks
    const start = { ...options, laps: 0, gaussian: { ...options.gaussian, choice } }
    const { gaussian, samples } = await diem(net, set, start, { signal, onProgress, startMemory })
    const position = { lap: options.laps, stage: 'sample', done: 0 } as const
    const point = { gaussian, position, train: initTrainState(best.params) }
    hooks.onCheckpoint?.({ ...point, samples })
    return point
  }
  const first = resumed ?? (await begun())
  const laps = best.start ? options.laps : options.laps + 1
  const last = await diem(net, set, { ...options, laps }, hooks, first)
  run.journal.append({ event: 'refit', ...event })
  return priorOf(request, best.laps, last)
}
