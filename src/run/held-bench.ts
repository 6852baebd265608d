/**
 * Laps of learning beside each other and beside the Gaussian start, on measurements that learning never sees.
 * The journal keeps the readings, so that a run that was killed chooses as one that was not.
 */

import type { Gaussian } from '../diffusion/index.ts'
import type { DiemOptions } from '../em/index.ts'
import { type Observations, type SetAsideOptions, setAside } from '../observations/index.ts'
import { posteriorDraws } from '../posterior/index.ts'
import type { LongCall } from '../progress.ts'
import type { Run } from './folder.ts'
import { HELD_DRAWS, type HeldFigures, heldJudge } from './held-out.ts'
import { chooseEdges, type EdgeChoice } from './learning/edge-choice.ts'
import { heldReadings, isSettled } from './learning/held-choice.ts'
import type { LearnedPrior } from './prior.ts'

/** Figures of a lap; 0 is the Gaussian start. */
export interface HeldReading extends HeldFigures {
  readonly lap: number
}

/** What learning asks of the bench. */
export interface HeldBench {
  /** What is left to learn from. */
  readonly rest: Observations
  /** Judges the prior after a lap, −1 for the Gaussian start. */
  judge(lap: number, prior: LearnedPrior): Promise<void>
  /** Looks for a prior of edges that predicts better than the Gaussian start, which was judged before. */
  edges(gaussian: Gaussian): Promise<EdgeChoice | undefined>
  /** Whether the last few laps brought nothing. */
  isSettled(): boolean
  release(): Promise<void>
}

/** How draws are made, and who hears of them. */
interface Judging extends LongCall {
  readonly options: Pick<DiemOptions, 'laps' | 'sampling' | 'method' | 'batch' | 'seed'>
  readonly onHeld?: (reading: HeldReading) => void
}

/**
 * Sets some observations aside and prepares the judgement of laps by them.
 *
 * @returns nothing where there are too few observations to spare some
 * @throws TweedieError `input` for a share outside (0, 1), and for blind sets
 */
export const heldBench = async (
  run: Run,
  set: Observations,
  held: SetAsideOptions,
  { options, onHeld, onProgress, signal }: Judging,
): Promise<HeldBench | undefined> => {
  const aside = await setAside(set, held)
  if (!aside) return undefined
  const judge = heldJudge(aside)
  return {
    rest: aside.rest,
    judge: async (lap, prior) => {
      const draws = await posteriorDraws(prior, aside.given, {
        ...options.sampling(Math.max(1, options.laps - 1)),
        method: options.method?.(prior.gaussian),
        draws: HELD_DRAWS,
        batch: options.batch,
        seed: options.seed,
        onProgress: (done, total) => onProgress?.({ phase: 'held-out draws', done, total, lap: lap + 1 }),
        signal,
      })
      const reading = { lap: lap + 1, ...(await judge.figures(draws)) }
      run.journal.append({ event: 'held', of: lap < 0 ? 'gaussian' : 'network', ...reading })
      onHeld?.(reading)
    },
    edges: async ({ mean }) => {
      const start = heldReadings(run.paths.journal).find(({ lap }) => lap === 0)
      if (!start) return undefined
      const { crps: gaussian } = start
      return chooseEdges(
        run,
        { aside, judge },
        { mean, gaussian, seed: options.seed },
        { onProgress, signal },
      )
    },
    isSettled: () => isSettled(heldReadings(run.paths.journal)),
    release: judge.release,
  }
}
