/**
 * `tweedie compare`: methods × steps × tasks on real data, and distilled samplers on the tasks that they are
 * for.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { baselineNamed, baselines } from '../../baselines/index.ts'
import {
  type BenchInputs,
  baselineCells,
  baselineWins,
  type Cell,
  type CellResult,
  compare,
  comparisonContent,
  distilledCells,
  type Entry,
  figuresSchema,
  gridOf,
  labelOf,
  loadBenchInputs,
  markdownOf,
  measureCell,
  misfitOf,
  observed,
  openCache,
  pairingsOf,
  readTuned,
  resultsTables,
  type SamplerEntry,
  type Sets,
  samplerEntriesOf,
  stepsOf,
  type Task,
  tasksNamed,
  trainingTable,
} from '../../compare/index.ts'
import { TweedieError } from '../../error.ts'
import { writeAtomic } from '../../formats/index.ts'
import { type Json, parseJson } from '../../json.ts'
import { nearestName } from '../../nearest.ts'
import type { ObservationSet } from '../../observations/index.ts'
import { type MethodSpec, methodNames, methodSpec } from '../../posterior/index.ts'
import { comparisonReport, writeReport } from '../../report/index.ts'
import type { DoJob } from '../../run/index.ts'
import { namedWithSettings } from '../../settings-text.ts'
import { rows } from '../../tensor/index.ts'
import { type CommandJobs, withWorkers } from '../command-spread.ts'
import type { OptionsOf } from '../commands.ts'
import type { Io } from '../io.ts'
import { checkedOutput } from '../output.ts'
import { floats } from '../restored/draw-jobs.ts'
import { formatTable } from '../table.ts'

type Options = OptionsOf<'compare'>

/** The table that `--quick` measures instead. */
const QUICK = {
  tasks: 'box,superresolution',
  methods: 'mmps:iterations=1:solver=cg,mmps:iterations=5:solver=gmres,dps,pigdm',
  steps: '10',
  images: 8,
} as const

interface Steps {
  readonly steps: number
  /** Draws of this length, where they differ. */
  readonly draws?: number
}

const lengthsOf = (text: string): Steps[] =>
  text.split(',').map((part) => {
    const [steps, draws] = part.split(':').map(Number)
    const sound = (n: number | undefined) => n === undefined || (Number.isInteger(n) && n > 0)
    if (steps === undefined || !sound(steps) || !sound(draws))
      throw new TweedieError('input', `--steps: expected numbers as 10,100,1000:1, got '${part}'`)
    return { steps, draws }
  })

/** Numbers of draws, as in `1,128`. */
const countsOf = (text: string): number[] =>
  text.split(',').map((part) => {
    const count = Number(part)
    if (Number.isInteger(count) && count > 0) return count
    throw new TweedieError('input', `--sampler-draws: expected numbers as 1,128, got '${part}'`)
  })

/** The first observation of every task: enough to see which samplers are for it. */
const firstObservations = async (
  { truth }: BenchInputs,
  tasks: readonly Task[],
): Promise<Map<string, Sets>> => {
  const sets = new Map<string, Sets>()
  for (const task of tasks) sets.set(task.name, await observed(task, rows(truth, 0, 1), 0))
  return sets
}

/** Cells of the distilled samplers, each on the tasks that it is for. */
const samplerCells = async (
  inputs: BenchInputs,
  tasks: readonly Task[],
  samplerEntries: readonly SamplerEntry[],
  options: Options,
): Promise<Cell[]> => {
  if (samplerEntries.length === 0) return []
  const sets = await firstObservations(inputs, tasks)
  const misfit = (entry: SamplerEntry, task: Task) => {
    const first = sets.get(task.name)
    return first && misfitOf(entry, task, first)
  }
  const pairings = pairingsOf(samplerEntries, tasks, misfit)
  const { images, seed = 0 } = options
  return distilledCells(pairings, countsOf(options.samplerDraws), { images, seed })
}

/** What `--methods` names, methods and baselines apart. */
const namedIn = ({ methods }: Options) => {
  const texts = methods === 'none' ? [] : methods.split(',')
  const nameOf = (text: string) => text.split(/[:;]/)[0].trim()
  const baselineNames = baselines.map(({ name }) => name)
  const known = [...methodNames, ...baselineNames]
  const unknown = texts.map(nameOf).find((name) => !known.includes(name))
  if (unknown !== undefined) {
    const hint = `did you mean '${nearestName(unknown, known)}'? (known: ${known.join(', ')})`
    throw new TweedieError('input', `unknown method '${unknown}', ${hint}`)
  }
  const isBaseline = (text: string) => baselineNames.includes(nameOf(text))
  return {
    methodSpecs: texts.filter((text) => !isBaseline(text)).map(methodSpec),
    baselineSpecs: texts.filter(isBaseline).map((text) => {
      const spec = namedWithSettings(text, baselineNamed)
      spec.entry.make(spec.settings) // values out of bounds are refused here
      return spec
    }),
  }
}

const guidedCells = (
  methodSpecs: readonly MethodSpec[],
  tasks: readonly Task[],
  options: Options,
): Cell[] => {
  if (methodSpecs.length === 0) return []
  const lengths = lengthsOf(options.steps)
  return gridOf(
    {
      methodSpecs,
      steps: lengths.map(({ steps }) => steps),
      tasks,
      tuned: options.tuned === undefined ? undefined : readTuned(options.tuned),
      draws: (steps) => lengths.find((length) => length.steps === steps)?.draws ?? options.draws,
    },
    { images: options.images, seed: options.seed ?? 0 },
  )
}

const commandOf = ({
  prior,
  data,
  tasks,
  methods,
  samplers,
  steps,
  images,
  draws,
  seed = 0,
}: Options): string =>
  [
    `tweedie compare --prior ${prior} --data ${data} --methods ${methods} --steps ${steps}`,
    ...(tasks === undefined ? [] : [`--tasks ${tasks}`]),
    ...(samplers === undefined ? [] : [`--samplers ${samplers}`]),
    `--images ${images} --draws ${draws} --seed ${seed}`,
  ].join(' ')

/** The observations of every task, as the methods get them. */
const observationsOf = async (
  inputs: BenchInputs,
  cells: readonly Cell[],
): Promise<Map<string, ObservationSet>> => {
  const sets = new Map<string, ObservationSet>()
  for (const { task, images, seed } of cells) {
    if (sets.has(task.name)) continue
    const { shown } = await observed(task, rows(inputs.truth, 0, images), seed)
    sets.set(task.name, shown)
  }
  return sets
}

const describe = (cell: Cell): string => {
  const steps = cell.kind === 'baseline' ? '' : `, ${stepsOf(cell)} steps`
  return `${cell.task.name}: ${labelOf(cell)}${steps}`
}

/** Who made a cell, for machines. */
const makerOf = (cell: Cell): Readonly<Record<string, unknown>> => {
  switch (cell.kind) {
    case 'guided':
      return { method: cell.method, settings: { ...cell.settings }, steps: cell.steps }
    case 'distilled':
      return { method: 'aps', settings: {}, steps: 1, sampler: { ...cell.sampler } }
    case 'baseline':
      return { method: cell.baseline, settings: { ...cell.settings }, baseline: true }
  }
}

/** A cell with its figures, for machines. */
const recordOf = ({ cell, figures }: Entry): Json => {
  const { images, draws, seed } = cell
  return parseJson(
    JSON.stringify({ ...makerOf(cell), task: cell.task.name, images, draws, seed, ...figures }),
    'comparison',
  )
}

const withQuick = (given: Options): Options => (given.quick ? { ...given, ...QUICK } : given)

/** What a comparison measures, and with what. */
const comparisonOf = async (options: Options) => {
  const inputs = await loadBenchInputs(options, 'test')
  const taking = samplerEntriesOf(options.samplers)
  const samplerEntries = taking.map(({ entry }) => entry)
  const tasks = tasksNamed(inputs, options.tasks)
  const { methodSpecs, baselineSpecs } = namedIn(options)
  const { images, draws, seed = 0 } = options
  const cells: readonly Cell[] = [
    ...(await samplerCells(inputs, tasks, samplerEntries, options)),
    ...guidedCells(methodSpecs, tasks, options),
    ...baselineCells(baselineSpecs, tasks, { images, draws, seed }),
  ]
  return { inputs, samplerEntries, cells, trainings: taking.map(({ training }) => training) }
}

/** Cells, by their place in the list. */
const cellJobs = (cells: readonly Cell[]): CommandJobs<number, CellResult> => ({
  result: z.object({ figures: figuresSchema, draws: floats }),
  nameOf: (index) => describe(cells[index]),
  work: 'comparing',
})

/** The cells of one of several processes, one after the other. */
export const work = async (_: readonly string[], given: Options, { signal }: Io): Promise<DoJob> => {
  const { inputs, samplerEntries, cells } = await comparisonOf(withQuick(given))
  return (job) => measureCell(cells[z.int().parse(job)], { ...inputs, samplerEntries, signal })
}

export const run = async (args: readonly string[], given: Options, io: Io): Promise<void> => {
  const options = withQuick(given)
  const output = options.output ?? join(options.cache, 'report.html')
  mkdirSync(options.cache, { recursive: true })
  checkedOutput(output, ['.html'])
  if (options.markdown !== undefined) checkedOutput(options.markdown, ['.md'])
  const { inputs, samplerEntries, cells, trainings } = await comparisonOf(options)
  let at = 0
  const leftOut: string[] = []
  const jobs = cellJobs(cells)
  const entries = await withWorkers({ command: 'compare', args, options }, jobs, io.signal, (sharing) =>
    compare(cells, {
      ...inputs,
      samplerEntries,
      cache: openCache(join(options.cache, 'cells')),
      ...(sharing.spread ? { spread: sharing.spread } : {}),
      onCell: (_cell, index) => {
        at = index
      },
      onProgress: (cell, done, total) =>
        io.progress({ phase: describe(cell), done, total, cell: `${at + 1} of ${cells.length}` }),
      ...(sharing.spread
        ? {
            onEntry: (done: number, total: number) =>
              io.progress({ phase: 'cells', done, total, ...sharing.figures() }),
          }
        : {}),
      onRefused: ({ task, ...cell }, reason) =>
        leftOut.push(`${task.name}: ${labelOf(cell)} is left out (${reason})`),
      signal: io.signal,
    }),
  )
  await inputs.features?.release()
  if (entries.length === 0)
    throw new TweedieError('input', leftOut.length > 0 ? leftOut.join('; ') : 'nothing was named to compare')
  const tables = resultsTables(entries)
  const facts: [string, string][] = [
    ['prior', `${options.prior} (${inputs.setup.prior})`],
    ['data', `${options.data}, test split: ${options.images} items (${inputs.setup.truth})`],
  ]
  if (inputs.fitting !== undefined) facts.push(['fitted', inputs.fitting])
  const { features } = inputs
  if (features) facts.push(['features', `${features.name} (${features.digest})`])
  const sets = await observationsOf(inputs, cells)
  writeReport(
    output,
    comparisonReport(
      comparisonContent({
        entries,
        truth: inputs.truth,
        sets,
        view: inputs.view,
        trainings,
        command: commandOf(options),
        leftOut,
        facts,
      }),
    ),
  )
  const all = trainings.length === 0 ? tables : [...tables, trainingTable(trainings)]
  if (options.markdown !== undefined)
    writeAtomic(options.markdown, new TextEncoder().encode(`${markdownOf(all)}\n`))
  const text = all.map(({ task, columns, rows: lines }) => `${task}\n${formatTable(columns, lines)}`)
  const wins = baselineWins(entries)
  const first = wins.length === 0 ? [] : [wins.join('\n')]
  const last = leftOut.length === 0 ? [] : [leftOut.join('\n')]
  const record = {
    page: output,
    ...(leftOut.length === 0 ? {} : { leftOut }),
    ...(wins.length === 0 ? {} : { wins }),
    prior: inputs.setup.prior,
    truth: inputs.setup.truth,
    ...(features ? { features: { name: features.name, digest: features.digest } } : {}),
    cells: entries.map(recordOf),
    ...(trainings.length === 0 ? {} : { samplers: parseJson(JSON.stringify(trainings), 'comparison') }),
  }
  // What the studio shows.
  writeAtomic(
    join(options.cache, 'comparison.json'),
    new TextEncoder().encode(`${JSON.stringify({ command: commandOf(options), ...record })}\n`),
  )
  const judged = features ? [`perceptual and Fréchet distances: in the network '${features.name}'`] : []
  io.result([...first, ...text, ...judged, ...last, `page: ${output}`].join('\n\n'), record)
}
