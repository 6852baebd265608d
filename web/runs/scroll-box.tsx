/** What may be wider than the page: it scrolls sideways, by the arrow keys too. */
import type { ComponentChildren } from 'preact'

export const ScrollBox = ({
  label,
  look = 'scroll',
  children,
}: {
  /** What is in it, for those who do not see it. */
  readonly label: string
  /** Its class. */
  readonly look?: 'scroll' | 'strip'
  readonly children: ComponentChildren
}) => (
  // What scrolls must have the focus to scroll by keys.
  <section class={look} tabIndex={0} aria-label={label}>
    {children}
  </section>
)
