/** The viewer of a posterior. */
import { useComputed } from '@preact/signals'
import { useEffect, useMemo, useRef } from 'preact/hooks'
import type { Draws } from '../posterior/draws.ts'
import { Notice } from '../ui/notice.tsx'
import '../ui/pieces.css'
import './look.css'
import { lostWords } from '../posterior/finite.ts'
import { knownOf } from './known.ts'
import { Probe } from './probe.tsx'
import { strokeOf } from './region/stroke.ts'
import { stages } from './stages/stages.ts'
import { Toolbar } from './toolbar.tsx'
import { ToolTabs } from './tools/tool-tabs.tsx'
import { Transport } from './transport.tsx'
import { viewingOf } from './viewing.ts'
import { viewsOf } from './views.ts'

/** What {@link PosteriorView} shows. */
export interface PosteriorViewProps {
  /** Draws of the same shape may follow at any time: cross-hair, region, scale and draw stay. */
  readonly draws: Draws
  /** Names of the views; default all that there are. */
  readonly shown?: readonly string[]
  /** Only the pictures, the draws and the probe: no tools below. */
  readonly brief?: boolean
}

const takesSpace = (target: EventTarget | null): boolean =>
  target instanceof Element &&
  target.closest('button, select, textarea, summary, a, input:not([type=range])') !== null

/**
 * The linked views of draws, the draws one by one, what is under the cross-hair, and the tools.
 *
 * @example
 * ```tsx
 * <PosteriorView draws={draws} />
 * ```
 */
export const PosteriorView = ({ draws, shown, brief = false }: PosteriorViewProps) => {
  const place = useRef<HTMLDivElement>(null)
  const viewing = useMemo(() => viewingOf(draws), [])
  const stroke = useMemo(() => strokeOf(viewing), [viewing])
  useEffect(() => viewing.end, [viewing])
  useEffect(() => viewing.take(draws), [draws])
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const { target } = event
      const ours = target === document.body || (target instanceof Node && place.current?.contains(target))
      if (event.key !== ' ' || event.defaultPrevented || !ours || takesSpace(target)) return
      event.preventDefault()
      viewing.playing.value = !viewing.playing.value
    }
    document.addEventListener('keydown', onKeyDown)
    return () => document.removeEventListener('keydown', onKeyDown)
  }, [viewing])
  const known = useComputed(() => knownOf(viewing)).value
  const views = viewsOf(viewing).filter(({ name }) => shown === undefined || shown.includes(name))
  const { lost, count } = viewing.draws.value
  const Stage = stages[viewing.look.value.kind]
  return (
    <div class="posterior" ref={place}>
      <Toolbar viewing={viewing} />
      {viewing.fault.value !== undefined && <Notice title={viewing.fault.value} />}
      {lost && <p class="lost">{lostWords(lost, count + lost.length)}</p>}
      <div class="posterior-main">
        <div>
          <Transport viewing={viewing} />
          <Stage viewing={viewing} stroke={stroke} views={views} />
        </div>
        <Probe viewing={viewing} />
      </div>
      {known !== undefined && <p class="known">{known}</p>}
      {!brief && <ToolTabs viewing={viewing} stroke={stroke} />}
    </div>
  )
}
