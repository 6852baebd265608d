/** `tweedie bench`: methods × steps × tasks on real images. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import {
  type Cell,
  compare,
  comparisonPage,
  contender,
  type Entry,
  gridOf,
  labelOf,
  markdownOf,
  observed,
  openCache,
  resultsTables,
} from '../compare/index.ts'
import { type ObservationSet, writeAtomic } from '../data/index.ts'
import { TweedieError } from '../error.ts'
import { writeReport } from '../report/index.ts'
import { rows } from '../tensor/index.ts'
import { type Place, placeOf, tasksNamed } from './arena.ts'
import type { OptionsOf } from './commands.ts'
import type { Io } from './io.ts'
import { checkedOutput } from './output.ts'
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

const stepsOf = (text: string): Steps[] =>
  text.split(',').map((part) => {
    const [steps, draws] = part.split(':').map(Number)
    const sound = (n: number | undefined) => n === undefined || (Number.isInteger(n) && n > 0)
    if (steps === undefined || !sound(steps) || !sound(draws))
      throw new TweedieError('input', `--steps: expected numbers as 10,100,1000:1, got '${part}'`)
    return { steps, draws }
  })

const cellsOf = (place: Place, options: Options): Cell[] => {
  const lengths = stepsOf(options.steps)
  return gridOf(
    {
      contenders: options.methods.split(',').map(contender),
      steps: lengths.map(({ steps }) => steps),
      tasks: tasksNamed(place, options.tasks),
      tuned: options.tuned === undefined ? undefined : readTuned(options.tuned),
      draws: (steps) => lengths.find((length) => length.steps === steps)?.draws ?? options.draws,
    },
    { images: options.images, seed: options.seed ?? 0 },
  )
}

const commandOf = ({ tasks, methods, steps, images, draws, seed = 0 }: Options): string =>
  `tweedie bench --methods ${methods} --steps ${steps}${tasks === undefined ? '' : ` --tasks ${tasks}`} --images ${images} --draws ${draws} --seed ${seed}`

/** What the first images of every task look like to the methods. */
const seenBy = async (place: Place, cells: readonly Cell[]): Promise<Map<string, ObservationSet>> => {
  const sets = new Map<string, ObservationSet>()
  for (const { task, images, seed } of cells) {
    if (!sets.has(task.name)) sets.set(task.name, await observed(task, rows(place.truth, 0, images), seed))
  }
  return sets
}

const describe = ({ method, settings, steps, task }: Cell): string =>
  `${task.name}: ${labelOf({ method, settings })}, ${steps} steps`

export const run = async (_: readonly string[], given: Options, io: Io): Promise<void> => {
  const options: Options = given.quick ? { ...given, ...QUICK } : given
  const output = options.output ?? join(options.cache, 'report.html')
  mkdirSync(options.cache, { recursive: true })
  checkedOutput(output, ['.html'])
  if (options.markdown !== undefined) checkedOutput(options.markdown, ['.md'])
  const place = await placeOf(options, 'test')
  const cells = cellsOf(place, options)
  let at = 0
  const entries: Entry[] = await compare(cells, {
    ...place,
    cache: openCache(join(options.cache, 'cells')),
    onCell: (_cell, index) => {
      at = index
    },
    onProgress: (cell, done, total) =>
      io.progress({ phase: describe(cell), done: at + done / total, total: cells.length }),
    signal: io.signal,
  })
  await place.features.release()
  const tables = resultsTables(entries)
  const facts: [string, string][] = [
    ['prior', `${options.prior} (${place.arena.prior})`],
    ['data', `${options.data}, test split: ${options.images} images (${place.arena.truth})`],
  ]
  const sets = await seenBy(place, cells)
  writeReport(
    output,
    comparisonPage({ entries, truth: place.truth, sets, command: commandOf(options), facts }),
  )
  if (options.markdown !== undefined)
    writeAtomic(options.markdown, new TextEncoder().encode(`${markdownOf(tables)}\n`))
  const text = tables.map(({ task, columns, rows: lines }) => `${task}\n${formatTable(columns, lines)}`)
  io.result([...text, `page: ${output}`].join('\n\n'), {
    page: output,
    prior: place.arena.prior,
    truth: place.arena.truth,
    cells: entries.map(({ cell, figures: { coverage, ...figures } }) => ({
      method: cell.method,
      settings: { ...cell.settings },
      steps: cell.steps,
      task: cell.task.name,
      images: cell.images,
      draws: cell.draws,
      seed: cell.seed,
      ...figures,
      ...(coverage === undefined ? {} : { coverage: { ...coverage } }),
    })),
  })
}
