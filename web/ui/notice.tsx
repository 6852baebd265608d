import type { ComponentChildren } from 'preact'

/** What went wrong or is not there, read out by screen readers when it appears. */
export const Notice = ({
  title,
  children,
}: {
  readonly title: string
  readonly children?: ComponentChildren
}) => (
  <div class="notice" role="alert">
    <strong>{title}</strong>
    {children && <p>{children}</p>}
  </div>
)
