/** The state of a run: a mark and a word. */
import type { RunState } from '../../src/studio/wire.ts'

const words: Readonly<Record<RunState, string>> = {
  running: 'running',
  finished: 'finished',
  stopped: 'stopped',
  away: 'on another machine',
  damaged: 'damaged',
}

export const State = ({ of }: { readonly of: RunState }) => (
  <span class={`state ${of}`}>
    <i aria-hidden="true" />
    {words[of]}
  </span>
)
