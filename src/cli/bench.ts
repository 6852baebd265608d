/** `tweedie bench`: methods × steps × tasks on real data, and distilled samplers on the tasks that they are for. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import {
  type Cell,
  compare,
  comparisonPage,
  distilledCells,
  type Entry,
  gridOf,
  labelOf,
  markdownOf,
  misfitOf,
  observed,
  openCache,
  pairingsOf,
  resultsTables,
  type SamplerEntry,
  type Sets,
  stepsOf,
  type Task,
  trainingTable,
} from '../compare/index.ts'
import { TweedieError } from '../error.ts'
import { writeAtomic } from '../formats/index.ts'
import { type Json, parseJson } from '../json.ts'
import type { ObservationSet } from '../observations/index.ts'
import { methodSpec } from '../posterior/index.ts'
import { writeReport } from '../report/index.ts'
import { rows } from '../tensor/index.ts'
import { type Place, placeOf, tasksNamed } from './bench-setup.ts'
import type { OptionsOf } from './commands.ts'
import type { Io } from './io.ts'
import { checkedOutput } from './output.ts'
import { samplerEntriesOf } from './sampler-entries.ts'
import { formatTable } from './table.ts'
import { readTuned } from './tuned.ts'

type Options = OptionsOf<'bench'>

/** What `--quick` measures instead. */
const QUICK = {
  tasks: 'box,superresolution',
  methods: 'mmps:iterations=1,mmps:iterations=5,dps,pigdm',
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

/** What the first item of every task looks like: enough to see which samplers are for it. */
const firstSeen = async ({ truth }: Place, tasks: readonly Task[]): Promise<Map<string, Sets>> => {
  const sets = new Map<string, Sets>()
  for (const task of tasks) sets.set(task.name, await observed(task, rows(truth, 0, 1), 0))
  return sets
}

/** Cells of the distilled samplers, each on the tasks that it is for. */
const samplerCells = async (
  place: Place,
  tasks: readonly Task[],
  samplerEntries: readonly SamplerEntry[],
  options: Options,
): Promise<Cell[]> => {
  if (samplerEntries.length === 0) return []
  const sets = await firstSeen(place, tasks)
  const misfit = (entry: SamplerEntry, task: Task) => {
    const seen = sets.get(task.name)
    return seen && misfitOf(entry, task, seen)
  }
  const pairings = pairingsOf(samplerEntries, tasks, misfit)
  const { images, seed = 0 } = options
  return distilledCells(pairings, countsOf(options.samplerDraws), { images, seed })
}

const guidedCells = (tasks: readonly Task[], options: Options): Cell[] => {
  if (options.methods === 'none') return []
  const lengths = lengthsOf(options.steps)
  return gridOf(
    {
      methodSpecs: options.methods.split(',').map(methodSpec),
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
    `tweedie bench --prior ${prior} --data ${data} --methods ${methods} --steps ${steps}`,
    ...(tasks === undefined ? [] : [`--tasks ${tasks}`]),
    ...(samplers === undefined ? [] : [`--samplers ${samplers}`]),
    `--images ${images} --draws ${draws} --seed ${seed}`,
  ].join(' ')

/** What the first images of every task look like to the methods. */
const seenBy = async (place: Place, cells: readonly Cell[]): Promise<Map<string, ObservationSet>> => {
  const sets = new Map<string, ObservationSet>()
  for (const { task, images, seed } of cells) {
    if (sets.has(task.name)) continue
    const { shown } = await observed(task, rows(place.truth, 0, images), seed)
    sets.set(task.name, shown)
  }
  return sets
}

const describe = (cell: Cell): string => `${cell.task.name}: ${labelOf(cell)}, ${stepsOf(cell)} steps`

/** A cell with its figures, for machines. */
const recordOf = ({ cell, figures }: Entry): Json => {
  const { images, draws, seed } = cell
  const who =
    cell.kind === 'guided'
      ? { method: cell.method, settings: { ...cell.settings }, steps: cell.steps }
      : { method: 'aps', settings: {}, steps: 1, sampler: { ...cell.sampler } }
  return parseJson(JSON.stringify({ ...who, task: cell.task.name, images, draws, seed, ...figures }), 'bench')
}

export const run = async (_: readonly string[], given: Options, io: Io): Promise<void> => {
  const options: Options = given.quick ? { ...given, ...QUICK } : given
  const output = options.output ?? join(options.cache, 'report.html')
  mkdirSync(options.cache, { recursive: true })
  checkedOutput(output, ['.html'])
  if (options.markdown !== undefined) checkedOutput(options.markdown, ['.md'])
  const place = await placeOf(options, 'test')
  const taking = samplerEntriesOf(options.samplers)
  const samplerEntries = taking.map(({ entry }) => entry)
  const trainings = taking.map(({ training }) => training)
  const tasks = tasksNamed(place, options.tasks)
  const cells = [
    ...(await samplerCells(place, tasks, samplerEntries, options)),
    ...guidedCells(tasks, options),
  ]
  let at = 0
  const entries: Entry[] = await compare(cells, {
    ...place,
    samplerEntries,
    cache: openCache(join(options.cache, 'cells')),
    onCell: (_cell, index) => {
      at = index
    },
    onProgress: (cell, done, total) =>
      io.progress({ phase: describe(cell), done: at + done / total, total: cells.length }),
    signal: io.signal,
  })
  await place.features?.release()
  const tables = resultsTables(entries)
  const facts: [string, string][] = [
    ['prior', `${options.prior} (${place.setup.prior})`],
    ['data', `${options.data}, test split: ${options.images} items (${place.setup.truth})`],
  ]
  if (place.fitting !== undefined) facts.push(['fitted', place.fitting])
  const sets = await seenBy(place, cells)
  writeReport(
    output,
    comparisonPage({
      entries,
      truth: place.truth,
      sets,
      view: place.view,
      trainings,
      command: commandOf(options),
      facts,
    }),
  )
  const all = trainings.length === 0 ? tables : [...tables, trainingTable(trainings)]
  if (options.markdown !== undefined)
    writeAtomic(options.markdown, new TextEncoder().encode(`${markdownOf(all)}\n`))
  const text = all.map(({ task, columns, rows: lines }) => `${task}\n${formatTable(columns, lines)}`)
  io.result([...text, `page: ${output}`].join('\n\n'), {
    page: output,
    prior: place.setup.prior,
    truth: place.setup.truth,
    cells: entries.map(recordOf),
    ...(trainings.length === 0 ? {} : { samplers: parseJson(JSON.stringify(trainings), 'bench') }),
  })
}
