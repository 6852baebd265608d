/** The viewer of a posterior under the brush, loaded when it is asked for; it follows the brush. */
import { useSignal } from '@preact/signals'
import type { ComponentType } from 'preact'
import type { PosteriorViewProps } from '../../look/posterior-view.tsx'
import { Notice } from '../../ui/notice.tsx'
import type { Restoring } from '../restoring.ts'

type Viewer = { readonly View: ComponentType<PosteriorViewProps> } | { readonly failed: string }

export const Closer = ({ restoring }: { readonly restoring: Restoring }) => {
  const viewer = useSignal<Viewer | undefined>(undefined)
  const open = (): void => {
    import('../../look/posterior-view.tsx')
      .then(({ PosteriorView }) => {
        viewer.value = { View: PosteriorView }
      })
      .catch((cause) => {
        viewer.value = { failed: String(cause) }
      })
  }
  const close = (): void => {
    viewer.value = undefined
  }
  const shown = viewer.value
  if (shown === undefined)
    return (
      <p class="closer">
        <button type="button" onClick={open}>
          Look closer
        </button>{' '}
        <span class="quiet">Intervals at a pixel, regions, thresholds, what varies together.</span>
      </p>
    )
  return (
    <section class="closer" aria-label="The draws, closer">
      <button type="button" onClick={close}>
        Close the viewer
      </button>
      {'failed' in shown ? (
        <Notice title="The viewer could not be loaded">{shown.failed}</Notice>
      ) : (
        <shown.View draws={restoring.draws.value} />
      )}
    </section>
  )
}
