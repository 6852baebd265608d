/** What is said of the engine, from the reports of its worker. */
import type { Part, Report } from './messages.ts'

/** How far a file is. */
export interface Arrival {
  readonly done: number
  readonly total?: number
}

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
  | { readonly kind: 'ready'; readonly threads: number }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'failed'; readonly reason: string }

const fetching = (state: EngineState) =>
  state.kind === 'fetching' ? state : ({ kind: 'fetching', arrived: {} } as const)

/** The state after a report. */
export const after = (state: EngineState, report: Report): EngineState => {
  switch (report.kind) {
    case 'fetched': {
      const { arrived } = fetching(state)
      return {
        kind: 'fetching',
        arrived: { ...arrived, [report.part]: { done: report.done, total: report.total } },
      }
    }
    case 'retrying':
      return { ...fetching(state), trouble: `${report.reason}; trying again (${report.attempt})` }
    case 'starting':
    case 'stopped':
      return { kind: report.kind }
    case 'ready':
      return { kind: 'ready', threads: report.threads }
    case 'failed':
      return { kind: 'failed', reason: report.reason }
    case 'result':
    case 'unanswered':
      return state
  }
}
