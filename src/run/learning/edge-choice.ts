/**
 * Whether learning begins with draws of a prior of edges: where total variation beats the Gaussian, so do
 * these, and what a network learns from them in one lap takes it many from blurred draws.
 */
import { bestEdges, canHaveEdges } from '../../em/index.ts'
import type { SetAside } from '../../observations/index.ts'
import { checkAborted, type LongCall } from '../../progress.ts'
import type { NdArray } from '../../tensor/index.ts'
import type { Run } from '../folder.ts'
import { HELD_DRAWS, type HeldJudge } from '../held-out.ts'
import { type JournalLine, readJournal } from '../journal.ts'

/** CRPS of held-out measurements under the best prior of edges and under the Gaussian start. */
export interface EdgeChoice {
  /** λ of the prior, in its units. */
  readonly weight: number
  readonly crps: number
  readonly gaussian: number
}

const isChoice = (line: JournalLine): line is JournalLine & EdgeChoice =>
  line.event === 'edges' && [line.weight, line.crps, line.gaussian].every((v) => typeof v === 'number')

/** The choice that a journal keeps, if one was made. */
export const edgeChoiceOf = (journal: string): EdgeChoice | undefined =>
  readJournal(journal).findLast(isChoice)

/** Whether the edges are the better start. */
export const edgesWin = ({ crps, gaussian }: EdgeChoice): boolean => crps < gaussian

/**
 * Finds the weight and writes it into the journal, with what decides.
 *
 * @param mean - of the Gaussian start, in the units of the prior
 * @param gaussian - CRPS of the Gaussian start on what was set aside
 * @returns nothing where there can be no edges
 * @throws TweedieError `interrupted`
 */
export const chooseEdges = async (
  run: Run,
  { aside, judge }: { readonly aside: SetAside; readonly judge: HeldJudge },
  { mean, gaussian, seed }: { readonly mean: NdArray; readonly gaussian: number; readonly seed: number },
  { onProgress, signal }: LongCall,
): Promise<EdgeChoice | undefined> => {
  if (!canHaveEdges(aside.given)) return undefined
  const { weight, crps } = await bestEdges(aside.given, mean, {
    draws: HELD_DRAWS,
    seed,
    judge: async (draws) => (await judge.figures(draws)).crps,
    onWeight: (done, total) => {
      onProgress?.({ phase: 'edges', done, total, lap: 1 })
      checkAborted(signal, 'learning')
    },
  })
  const choice = { weight, crps, gaussian }
  run.journal.append({ event: 'edges', ...choice })
  return choice
}
