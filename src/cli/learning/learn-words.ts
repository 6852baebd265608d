/** What `tweedie learn` says of its laps: how each does on held-out measurements, which is kept, and why. */
import type { EdgeChoice, HeldReading, JournalLine, LapChoice, LearnedPrior } from '../../run/index.ts'

const share = (value: number): string => `${(100 * value).toFixed(0)} %`

const nameOf = (lap: number): string => (lap === 0 ? 'the Gaussian start' : `lap ${lap}`)

/** A line for each reading, beside that of the Gaussian start. */
export const heldWords = (): ((reading: HeldReading) => string) => {
  let start: HeldReading | undefined
  return (reading) => {
    const { lap, rmse, crps, coverage90 } = reading
    if (lap === 0) start = reading
    const beside = start && lap > 0 ? ` (Gaussian: CRPS ${start.crps.toPrecision(3)})` : ''
    return (
      `${lap === 0 ? 'Gaussian start' : nameOf(lap)}, held-out measurements: RMSE ${rmse.toPrecision(3)}, ` +
      `CRPS ${crps.toPrecision(3)}, 90 % intervals hold ${share(coverage90)}${beside}`
    )
  }
}

/** Which prior the first draws are of. */
export const edgeWords = ({ weight, crps, gaussian }: EdgeChoice): string => {
  const figures = `CRPS of held-out measurements ${crps.toPrecision(3)}, Gaussian ${gaussian.toPrecision(3)}`
  return crps < gaussian
    ? `the first lap draws under total variation of weight ${weight}: ${figures}`
    : `the first lap draws under the Gaussian, total variation is no better: ${figures}`
}

/** Why the lap of the least CRPS is not the one that is kept. */
export const passedWords = (
  { lap }: LapChoice,
  { lap: least, crps, coverage90 }: NonNullable<LapChoice['passed']>,
): string =>
  `lap ${least} has the least CRPS, ${crps.toPrecision(3)}, ` +
  `but its 90 % intervals hold ${share(coverage90)}: ${nameOf(lap)} is kept`

/** What follows the choice. */
export const refitWords = ({ lap, observations }: { lap: number; observations: number }): string =>
  lap === 0
    ? `the Gaussian start again, of all ${observations} observations`
    : `last lap on all ${observations} observations, from lap ${lap}`

/** Which prior a run keeps of so many laps, and why; `judged` where observations were set aside. */
export const keptWords = (
  { laps: lap, start }: Pick<LearnedPrior, 'laps' | 'start'>,
  laps: number,
  judged?: { readonly refit: boolean; readonly journal: readonly JournalLine[] },
): string => {
  if (!judged) return start ? 'the Gaussian start: no lap was finished' : `of lap ${lap} of ${laps}`
  const lineOf = (kind: string) => judged.journal.findLast(({ event }) => event === kind)
  const all = lineOf('refit')?.observations
  const late = '; the time was up before the last lap on all observations was done'
  const again = (done: string) => (judged.refit ? (all === undefined ? late : `; ${done}`) : '')
  if (!start) {
    const more = again(`then one more on all ${all} observations`)
    return `of lap ${lap} of ${laps}, the best on held-out measurements${more}`
  }
  const why =
    lineOf('choice')?.passed === undefined
      ? 'the Gaussian start: no lap of the network predicts held-out measurements better'
      : 'the Gaussian start: laps of less CRPS on held-out measurements do not have the right intervals'
  return `${why}${again(`fitted again to all ${all} observations`)}`
}
