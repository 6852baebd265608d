/** What goes between the server and its page, as JSON: plain types, for both sides. */

/** `waiting`: made, and nothing is in its journal; `away`: a process of another machine holds it. */
export type RunState = 'running' | 'finished' | 'stopped' | 'away' | 'damaged'

/** What a run is made for. */
export type RunKind = 'learn' | 'train' | 'distill'

/** Figures by name; null where a figure was no finite number. */
export type Figures = Readonly<Record<string, number | null>>

/** A row of the table of runs. */
export interface RunRow {
  /** Path below the folder, with `/`. */
  readonly name: string
  readonly state: RunState
  readonly kind: RunKind
  /** What is wrong with it, of a damaged run. */
  readonly problem?: string
  readonly lap?: number
  readonly laps?: number
  readonly step?: number
  /** Steps of the lap. */
  readonly steps?: number
  readonly loss?: number
  /** Last figures of held-out measurements and divergences. */
  readonly figures: Figures
  /** Seconds that it has worked, all sessions together. */
  readonly seconds: number
  /** Seconds that are left by what was done so far, of a run at work. */
  readonly left?: number
  /** Milliseconds since 1970 of its last sign of life. */
  readonly changed: number
}

/** A page of the table. */
export interface RunsPage {
  readonly folder: string
  readonly total: number
  readonly from: number
  readonly rows: readonly RunRow[]
}

/** Points of a curve: x and y, as long as each other. */
export interface Curve {
  readonly x: readonly number[]
  readonly y: readonly (number | null)[]
}

/** An event of the journal that is no loss: a lap, a judgement, a choice. */
export interface Mark {
  readonly event: string
  /** Step, all laps together, where it stands. */
  readonly at: number
  readonly seconds: number
  readonly figures: Readonly<Record<string, number | string | boolean | null>>
}

/** What a journal says, or what it says since it was last asked. */
export interface Story {
  /** Which journal: another one after it was cut or replaced. */
  readonly of: string
  /** Whole lines that were read, all together. */
  readonly lines: number
  readonly seconds: number
  /** Curves over the steps of all laps, by name. */
  readonly curves: Readonly<Record<string, Curve>>
  readonly marks: readonly Mark[]
}

/** One run. */
export interface RunDetail {
  readonly row: RunRow
  /** The resolved configuration. */
  readonly config: unknown
  /** Laps of which samples of the prior are kept, in order. */
  readonly samples: readonly number[]
  /** Whether there is a report. */
  readonly report: boolean
  /** Files of arrays in it, and their sizes in bytes. */
  readonly files: readonly { readonly path: string; readonly bytes: number }[]
  /** The last words of the command that the studio started, where it failed. */
  readonly failed?: string
}
