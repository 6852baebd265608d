/** What is known of the calibration of draws, in one sentence. */
import { insideShare, sideOf } from '../posterior/judged.ts'
import type { Viewing } from './viewing.ts'

/** Draws from which a 90 % interval can be had. */
const ENOUGH = 19

export const knownOf = ({ draws, summary, quantities, quantity }: Viewing): string | undefined => {
  const { truth, domain, count, known } = draws.value
  if (known !== undefined) return known
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
