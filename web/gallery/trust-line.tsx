/** One sentence under the draws: how far to trust them. */
import type { Restoring } from './restoring.ts'
import type { Trust } from './trust.ts'

const look = (trust: Trust): { readonly tone: 'good' | 'warn' | 'bad'; readonly word: string } => {
  switch (trust.kind) {
    case 'refused':
      return { tone: 'bad', word: 'Not to be trusted' }
    case 'unknown':
      return { tone: 'warn', word: 'Not measured' }
    case 'measured':
      return trust.verdict === 'calibrated'
        ? { tone: 'good', word: 'Calibrated' }
        : { tone: 'warn', word: trust.verdict === 'cautious' ? 'Too wide' : 'Overconfident' }
  }
}

export const TrustLine = ({ restoring }: { readonly restoring: Restoring }) => {
  const trouble = restoring.trouble.value
  const trust = restoring.trust.value
  const { tone, word } = trouble ? { tone: 'bad', word: 'No draws' } : look(trust)
  return (
    <p class={`trust trust-${tone}`} role="status">
      <strong>{word}</strong> {trouble ? `The sampler could not be evaluated: ${trouble}.` : trust.sentence}
    </p>
  )
}
