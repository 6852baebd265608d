/** The cells of a table: methods × steps × tasks, and distilled samplers on the tasks that they are for. */
import type { BaselineEntry } from '../baselines/index.ts'
import { TweedieError } from '../error.ts'
import type { MethodSpec } from '../posterior/index.ts'
import type { Settings } from '../settings.ts'
import type { BaselineCell, Cell, DistilledCell, GuidedCell, Task } from './cell.ts'
import type { SamplerEntry } from './distilled.ts'

/** Settings found by tuning: method → task → settings. */
export type Tuned = Readonly<Record<string, Readonly<Record<string, Settings>>>>

/** All cells, tasks first, then methods, then steps, short ones before long ones. */
export const gridOf = (
  axes: {
    readonly methodSpecs: readonly MethodSpec[]
    readonly steps: readonly number[]
    readonly tasks: readonly Task[]
    readonly tuned?: Tuned
    /** Draws at each number of steps. */
    readonly draws: (steps: number) => number
  },
  { images, seed }: Pick<Cell, 'images' | 'seed'>,
): GuidedCell[] =>
  [...axes.steps]
    .sort((a, b) => a - b)
    .flatMap((steps) =>
      axes.tasks.flatMap((task) =>
        axes.methodSpecs.map(({ method, settings }) => ({
          kind: 'guided' as const,
          method,
          settings: { ...axes.tuned?.[method]?.[task.name], ...settings },
          steps,
          task,
          images,
          draws: axes.draws(steps),
          seed,
        })),
      ),
    )

/** A baseline as it is asked for, with settings. */
export interface BaselineSpec {
  readonly entry: Pick<BaselineEntry, 'name' | 'draws'>
  /** Settings that differ from its defaults. */
  readonly settings: Settings
}

/** Every baseline on every task; point estimates count as one draw. */
export const baselineCells = (
  specs: readonly BaselineSpec[],
  tasks: readonly Task[],
  { images, draws, seed }: Pick<Cell, 'images' | 'draws' | 'seed'>,
): BaselineCell[] =>
  tasks.flatMap((task) =>
    specs.map(({ entry, settings }) => ({
      kind: 'baseline' as const,
      baseline: entry.name,
      settings,
      task,
      images,
      draws: entry.draws ? draws : 1,
      seed,
    })),
  )

/** A distilled sampler and a task that it is for. */
export interface Pairing {
  readonly entry: Pick<SamplerEntry, 'name' | 'digest'>
  readonly task: Task
}

/** Every pairing at every number of draws. */
export const distilledCells = (
  pairings: readonly Pairing[],
  draws: readonly number[],
  { images, seed }: Pick<Cell, 'images' | 'seed'>,
): DistilledCell[] =>
  pairings.flatMap(({ entry: { name, digest }, task }) =>
    draws.map((count) => ({
      kind: 'distilled' as const,
      sampler: { name, digest },
      task,
      images,
      draws: count,
      seed,
    })),
  )

/**
 * The tasks of each sampler.
 *
 * @param misfit - why a sampler is not for a task, or undefined (see `misfitOf`)
 * @throws TweedieError `input` for a sampler that is for none, with the reasons
 */
export const pairingsOf = (
  samplerEntries: readonly SamplerEntry[],
  tasks: readonly Task[],
  misfit: (entry: SamplerEntry, task: Task) => string | undefined,
): Pairing[] =>
  samplerEntries.flatMap((entry) => {
    const judged = tasks.map((task) => ({ task, reason: misfit(entry, task) }))
    const own = judged.filter(({ reason }) => reason === undefined)
    if (own.length === 0) {
      const reasons = judged.map(({ reason }) => reason).join('; ')
      throw new TweedieError('input', `sampler '${entry.name}' is for none of these tasks: ${reasons}`)
    }
    return own.map(({ task }) => ({ entry, task }))
  })
