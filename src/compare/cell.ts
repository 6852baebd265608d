/**
 * One cell of a comparison: the sampler, the task, the numbers of steps and draws; all that decides its
 * figures.
 */
import { createHash } from 'node:crypto'
import type { OperatorSetting } from '../observations/index.ts'
import { methodNamed } from '../posterior/index.ts'
import type { Settings } from '../settings.ts'

/** A corrupted view of the test data. */
export interface Task {
  readonly name: string
  readonly operator: OperatorSetting
  /** Standard deviation of the noise, in units of the data. */
  readonly noise: number
}

/** The fields of all cells. */
interface Measurement {
  readonly task: Task
  /** Test items, and posterior draws of each. */
  readonly images: number
  readonly draws: number
  readonly seed: number
}

/** A guided diffusion sampler: a method with its settings, at a number of steps. */
export interface GuidedCell extends Measurement {
  readonly kind: 'guided'
  /** Its name in the list of methods. */
  readonly method: string
  /** Settings that differ from the method's defaults. */
  readonly settings: Settings
  readonly steps: number
}

/** A distilled sampler: one pass of a flow. */
export interface DistilledCell extends Measurement {
  readonly kind: 'distilled'
  readonly sampler: {
    /** Its name in tables; not part of its key. */
    readonly name: string
    /** Digest of its file. */
    readonly digest: string
  }
}

/** A cell of a comparison. */
export type Cell = GuidedCell | DistilledCell

/** The setup that the cells of one comparison share, by content. */
export interface BenchSetup {
  /** Digest of the prior's file. */
  readonly prior: string
  /** Digest of the test data. */
  readonly truth: string
  /** Digest of the network of the perceptual distance. */
  readonly features: string
}

/** Version of what a cell's figures mean: a change here makes old ones be measured again. */
const VERSION = 3

/** Digest of bytes or text: the first 16 hexadecimal digits of SHA-256. */
export const digest = (content: string | Uint8Array): string =>
  createHash('sha256').update(content).digest('hex').slice(0, 16)

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, entry]) => [key, sorted(entry)]),
  )
}

/** Everything that decides a cell's figures, with defaults spelt out. */
const contentOf = (cell: Cell, setup: BenchSetup): object =>
  cell.kind === 'guided'
    ? { ...cell, settings: { ...defaultSettings(cell.method), ...cell.settings }, setup }
    : { ...cell, sampler: cell.sampler.digest, setup }

/**
 * Name of a cell's figures: the same for the same content, whatever the order of its fields or the defaults
 * left out.
 */
export const cellKey = (cell: Cell, setup: BenchSetup): string =>
  digest(JSON.stringify(sorted({ version: VERSION, ...contentOf(cell, setup) })))

/** A method's settings when none are given. */
export const defaultSettings = (method: string): Settings =>
  Object.fromEntries(Object.entries(methodNamed(method).settings).map(([name, s]) => [name, s.default]))

/** Steps of a cell; a distilled sampler draws in one program, whatever evaluations that makes. */
export const stepsOf = (cell: Cell): number => (cell.kind === 'guided' ? cell.steps : 1)

/** The parts of a label. */
type Named =
  | Pick<GuidedCell, 'kind' | 'method' | 'settings'>
  | Pick<DistilledCell, 'kind' | 'sampler' | 'draws'>

/**
 * `MMPS(5)`, `DPS`, `distilled K=128 (flow)`: a cell as tables name it; settings only where they are not the
 * default.
 */
export const labelOf = (cell: Named): string => {
  if (cell.kind === 'distilled') return `distilled K=${cell.draws} (${cell.sampler.name})`
  const { method, settings } = cell
  const defaults = defaultSettings(method)
  const { iterations = defaults.iterations, ...others } = settings
  const [title, rest] =
    method === 'mmps' ? [`MMPS(${iterations})`, others] : [methodNamed(method).title, settings]
  const own = Object.entries(rest).filter(([name, value]) => value !== defaults[name])
  return [title, ...own.map(([name, value]) => `${name}=${value}`)].join(' ')
}
