/** What is said of the engine, from the reports of its worker. */
import type { Part, Report } from './messages.ts'

/** How far a file is. */
export interface Arrival {
  readonly done: number
  readonly total?: number
}

/** Whether the graphics card computes. */
export type Card =
  | { readonly kind: 'untried' }
  | { readonly kind: 'trying'; readonly arrival?: Arrival }
  | { readonly kind: 'on' }
  | { readonly kind: 'refused'; readonly reason: string }

/** What the engine is doing. */
export type EngineState =
  | { readonly kind: 'idle' }
  | {
      readonly kind: 'fetching'
      readonly arrived: Readonly<Partial<Record<Part, Arrival>>>
      /** Why it tries again, in one line. */
      readonly trouble?: string
    }
  | { readonly kind: 'starting' }
  | { readonly kind: 'ready'; readonly threads: number; readonly card: Card }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'failed'; readonly reason: string }

const fetching = (state: EngineState) =>
  state.kind === 'fetching' ? state : ({ kind: 'fetching', arrived: {} } as const)

/** The state after news of the graphics card, which there is only while WebAssembly is ready. */
const withCard = (state: EngineState, card: Card): EngineState =>
  state.kind === 'ready' ? { ...state, card } : state

/** The state after a report. */
export const stateAfter = (state: EngineState, report: Report): EngineState => {
  switch (report.kind) {
    case 'fetched': {
      const arrival = { done: report.done, total: report.total }
      if (report.part === 'card') return withCard(state, { kind: 'trying', arrival })
      return { kind: 'fetching', arrived: { ...fetching(state).arrived, [report.part]: arrival } }
    }
    case 'retrying':
      if (report.part === 'card') return state
      return { ...fetching(state), trouble: `${report.reason}; trying again (${report.attempt})` }
    case 'starting':
    case 'stopped':
      return { kind: report.kind }
    case 'ready':
      return { kind: 'ready', threads: report.threads, card: { kind: 'untried' } }
    case 'accelerated':
      return withCard(state, { kind: 'on' })
    case 'unaccelerated':
      return withCard(state, { kind: 'refused', reason: report.reason })
    case 'failed':
      return { kind: 'failed', reason: report.reason }
    case 'result':
    case 'unanswered':
      return state
  }
}
