/** What a configuration would take, as `tweedie plan` counts it. */
import { Notice } from '../../ui/notice.tsx'
import { Facts } from '../facts.tsx'
import { bytesOf, duration } from '../words.ts'

/** The part of `tweedie plan --json` that is shown. */
export interface Plan {
  readonly network: string
  readonly parameters: number
  readonly laps: number
  readonly step: { readonly batch: number; readonly steps: number }
  readonly memory: { readonly peak: number; readonly available: number; readonly stage: string }
  readonly disk: { readonly needed: number; readonly available: number }
  readonly seconds?: { readonly run?: number }
  readonly fits: boolean
  readonly misfits: readonly { readonly what: string; readonly remedy?: string }[]
}

export const Estimate = ({ plan }: { readonly plan: Plan }) => {
  const { network, parameters, laps, step, memory, disk, seconds, fits, misfits } = plan
  const facts: readonly (readonly [string, string])[] = [
    ['Time, about', seconds?.run === undefined ? 'not measured' : duration(seconds.run)],
    ['Memory', `${bytesOf(memory.peak)} of ${bytesOf(memory.available)}`],
    ['Disk', `${bytesOf(disk.needed)} of ${bytesOf(disk.available)}`],
    ['Network', `${network}, ${parameters.toLocaleString('en')} parameters`],
    ['Steps', `${step.steps.toLocaleString('en')}${laps > 1 ? ` in ${laps} laps` : ''}`],
  ]
  return (
    <section aria-label="Estimate">
      <Facts facts={facts} />
      {!fits && (
        <Notice title="It does not fit this machine">
          {misfits.map(({ what, remedy }) => `${what}${remedy ? `: ${remedy}` : ''}`).join('; ')}
        </Notice>
      )}
    </section>
  )
}
