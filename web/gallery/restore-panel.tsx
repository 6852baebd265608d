/** A sampler with its brush, from its files on: also where it stands alone, as a component. */
import type { ComponentType } from 'preact'
import { Notice } from '../ui/notice.tsx'
import type { SamplerFiles } from './fetch-restoring.ts'
import type { FirstSight, Restoring } from './restoring.ts'
import { useRestoring } from './use-restoring.ts'
import { RestoreView } from './view/restore-view.tsx'

export const RestorePanel = ({
  files,
  first,
  noun,
  below,
}: {
  readonly files: SamplerFiles
  readonly first: FirstSight
  readonly noun: string
  /** What stands under the draws. */
  readonly below?: ComponentType<{ readonly restoring: Restoring }>
}) => {
  const opening = useRestoring(files, first)
  if (opening.kind === 'fetching') return <p class="quiet">Fetching …</p>
  if (opening.kind === 'open')
    return <RestoreView restoring={opening.restoring} noun={noun} {...(below ? { below } : {})} />
  return (
    <>
      <Notice title="This sampler could not be opened">{opening.reason}</Notice>
      <button type="button" onClick={opening.again}>
        Try again
      </button>
    </>
  )
}
