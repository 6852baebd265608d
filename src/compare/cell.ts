/**
 * One cell of a comparison: the sampler, the task, the numbers of steps and draws; all that decides its
 * figures.
 */
import { createHash } from 'node:crypto'
import { baselineNamed } from '../baselines/index.ts'
import type { OperatorSetting } from '../observations/index.ts'
import { methodNamed } from '../posterior/index.ts'
import type { SettingSpecs, Settings } from '../settings.ts'

/** A corrupted view of the test data. */
export interface Task {
  readonly name: string
  readonly operator: OperatorSetting
  /** Standard deviation of the noise, in units of the data. */
  readonly noise: number
  /** What methods and samplers take it to be, where that is not the noise itself. */
  readonly told?: number
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

/** A baseline, which knows no prior. */
export interface BaselineCell extends Measurement {
  readonly kind: 'baseline'
  /** Its name in the list of baselines. */
  readonly baseline: string
  /** Settings that differ from its defaults. */
  readonly settings: Settings
}

/** A cell of a comparison. */
export type Cell = GuidedCell | DistilledCell | BaselineCell

/** The setup that the cells of one comparison share, by content. */
export interface BenchSetup {
  /** Digest of the prior's file. */
  readonly prior: string
  /** Digest of the test data. */
  readonly truth: string
  /** Digests of the network of the perceptual distance, and of the other images of the Fréchet distance. */
  readonly features: string
}

/** Version of what a cell's figures mean: a change here makes old ones be measured again. */
const VERSION = 3

/** How often a method became another one since, under the same settings: its cells alone are made again. */
const REVISIONS: Readonly<Record<string, number>> = { mcg: 1 }

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
const contentOf = (cell: Cell, setup: BenchSetup): object => {
  switch (cell.kind) {
    case 'guided':
      return {
        ...cell,
        revision: REVISIONS[cell.method],
        settings: { ...defaultSettings(cell.method), ...cell.settings },
        setup,
      }
    case 'distilled':
      return { ...cell, sampler: cell.sampler.digest, setup }
    case 'baseline': {
      const settings = { ...defaultsOf(baselineNamed(cell.baseline).settings), ...cell.settings }
      const { prior: _, ...without } = setup
      return { ...cell, settings, setup: without }
    }
  }
}

/**
 * Name of a cell's figures: the same for the same content, whatever the order of its fields or the defaults
 * left out.
 */
export const cellKey = (cell: Cell, setup: BenchSetup): string =>
  digest(JSON.stringify(sorted({ version: VERSION, ...contentOf(cell, setup) })))

const defaultsOf = (specs: SettingSpecs): Settings =>
  Object.fromEntries(Object.entries(specs).map(([name, spec]) => [name, spec.default]))

/** A method's settings when none are given. */
export const defaultSettings = (method: string): Settings => defaultsOf(methodNamed(method).settings)

/**
 * Steps of a cell; a distilled sampler draws in one program, whatever evaluations that makes, and a baseline
 * makes none.
 */
export const stepsOf = (cell: Cell): number => {
  switch (cell.kind) {
    case 'guided':
      return cell.steps
    case 'distilled':
      return 1
    case 'baseline':
      return 0
  }
}

/** The parts of a label. */
type Named =
  | Pick<GuidedCell, 'kind' | 'method' | 'settings'>
  | Pick<DistilledCell, 'kind' | 'sampler' | 'draws'>
  | Pick<BaselineCell, 'kind' | 'baseline' | 'settings'>

/**
 * `MMPS(5)`, `DPS`, `distilled K=128 (flow)`, `kriging`: a cell as tables name it; settings only where they
 * are not the default.
 */
export const labelOf = (cell: Named): string => {
  if (cell.kind === 'distilled') return `distilled K=${cell.draws} (${cell.sampler.name})`
  if (cell.kind === 'baseline') {
    const { title, settings } = baselineNamed(cell.baseline)
    return withOwn(title, cell.settings, defaultsOf(settings))
  }
  const { method, settings } = cell
  const defaults = defaultSettings(method)
  const { iterations = defaults.iterations, ...others } = settings
  return method === 'mmps'
    ? withOwn(`MMPS(${iterations})`, others, defaults)
    : withOwn(methodNamed(method).title, settings, defaults)
}

/** A title with the settings that are not the defaults. */
const withOwn = (title: string, settings: Settings, defaults: Settings): string => {
  const own = Object.entries(settings).filter(([name, value]) => value !== defaults[name])
  return [title, ...own.map(([name, value]) => `${name}=${value}`)].join(' ')
}
