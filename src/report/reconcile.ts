/** The two answers about calibration, entries one by one and the signal as a whole, in one sentence. */
import { type Diagnosis, scopeOf, type Verdict } from '../diagnose/index.ts'

/** Repaired intervals stand for those of the draws. */
const REPAIRED = 'Repaired intervals'

/** The worst verdict of the findings of a scope; `not tested` when none decides. */
const verdictOf = ({ findings }: Diagnosis, scope: 'entries' | 'whole'): Verdict => {
  const repaired = findings.some(({ name }) => name === REPAIRED) && scope === 'entries'
  const own = findings
    .filter((finding) => (repaired ? finding.name === REPAIRED : scopeOf(finding) === scope))
    .map(({ verdict }) => verdict)
  if (own.includes('miscalibrated')) return 'miscalibrated'
  return own.includes('calibrated') ? 'calibrated' : 'not tested'
}

/** Words for entries and wholes of what the draws are of. */
interface Words {
  readonly entries: string
  readonly whole: string
}

const TEST_MORE = '19 draws of 50 observations with their truth decide more'
const SAMPLE_BETTER = 'more steps or solver iterations (sample --steps, --iterations), or more laps'
const REPAIR = "'tweedie calibrate' stretches the intervals"

/**
 * What `report` (entries one by one) and `diagnose` (the whole) say together, and what to do next; undefined
 * without the truth.
 *
 * @example
 * ```ts
 * reconciled(diagnosis({ draws, truth }), { image: true })
 * ```
 */
export const reconciled = (found: Diagnosis, { image }: { readonly image: boolean }): string | undefined => {
  if (!found.truth) return undefined
  const { entries, whole }: Words = image
    ? { entries: 'pixels', whole: 'images' }
    : { entries: 'entries', whole: 'signals' }
  const [single, together] = [verdictOf(found, 'entries'), verdictOf(found, 'whole')]
  const both = `${entries} one by one (report) and ${whole} as a whole (diagnose)`
  if (single === 'miscalibrated')
    return together === 'miscalibrated'
      ? `Both ${both} are miscalibrated: do not rely on the spread. Next: ${SAMPLE_BETTER}; then ${REPAIR}.`
      : `Of ${both}, the former are miscalibrated: do not rely on their intervals as they are. ` +
          `Next: ${REPAIR}.`
  if (together === 'miscalibrated')
    return (
      `Of ${both}, the latter are miscalibrated${single === 'calibrated' ? ', the former are not' : ''}: ` +
      `rely on intervals of single ${entries}, and not on sums, sizes or shapes taken over a draw. ` +
      `Next: ${SAMPLE_BETTER}.`
    )
  if (single === 'calibrated' && together === 'calibrated')
    return (
      `No fault is found in ${both}: rely on intervals and on what is measured in the draws. ` +
      'Next: nothing, as long as the observations to come are like these.'
    )
  const undecided =
    single === 'not tested' ? (together === 'not tested' ? both : entries) : `${whole} as a whole`
  return `Too few data to judge ${undecided}; what was tested shows no fault. Next: ${TEST_MORE}.`
}
