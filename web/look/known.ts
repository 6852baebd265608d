/** What is known of the calibration of draws, in one sentence. */
import { insideShare, sideOf } from '../posterior/judged.ts'
import { percent, type Repaired, shownLevel } from '../posterior/repaired.ts'
import type { Viewing } from './viewing.ts'

/** Draws from which a 90 % interval can be had. */
const ENOUGH = 19

/** What was done to intervals, and how often these hold the truth. */
const repairedWords = (
  repaired: Repaired,
  truth: Float32Array | undefined,
  counts: (p: number) => boolean,
) => {
  const said =
    `The intervals of these draws are repaired (${repaired.words}); ` +
    'the draws themselves are as they were. '
  if (!truth) return said
  const own = shownLevel(repaired)
  const share = (100 * insideShare(sideOf(own, truth), counts)).toFixed(1)
  return `${said}Repaired ${percent(own.level)} intervals hold the truth at ${share} % of places. `
}

/** What the truth says of the draws as they are. */
const plainWords = ({ draws, summary, quantities, quantity }: Viewing): string | undefined => {
  const { truth, domain, count } = draws.value
  const made = summary.value
  if (!made) return undefined
  if (!truth) return 'Nothing here says how far to trust these draws: no truth is beside them.'
  if (count < ENOUGH) return `${count} draws are too few for 90 % intervals: ${ENOUGH} are needed.`
  const share = insideShare(sideOf(made, truth), (place) => domain?.[place] !== 0)
  const places = domain ? domain.filter((inside) => inside !== 0).length : truth.length
  const name = quantities.value[quantity.value].name
  return (
    `The 90 % intervals of single places (${name}) hold the truth at ${(100 * share).toFixed(1)} % of ` +
    `${places.toLocaleString('en')} places. They are of one observation and depend on each other: ` +
    'tweedie diagnose says more, of many.'
  )
}

export const knownOf = (viewing: Viewing): string | undefined => {
  const { truth, domain, known, repaired } = viewing.draws.value
  if (known !== undefined) return known
  const plain = plainWords(viewing)
  if (plain === undefined || !repaired) return plain
  return repairedWords(repaired, truth, (place) => domain?.[place] !== 0) + (truth ? plain : '')
}
