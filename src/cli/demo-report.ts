/** The demo's table, pictures and page. */
import { join } from 'node:path'
import { meanOverDraws, type RestorationFigures, stdOverDraws } from '../diagnose/index.ts'
import { writeAtomic } from '../formats/index.ts'
import {
  enlarged,
  imageGrid,
  pngOf,
  runReport,
  type Strips,
  strips,
  stripsPicture,
  writeReport,
} from '../report/index.ts'
import type { Run } from '../run/index.ts'
import { rows } from '../tensor/index.ts'
import type { DemoFigures, Oracle } from './demo.ts'
import type { Restored, TestPlan, TestSet } from './restore-digits.ts'
import { runPages } from './run-pages.ts'
import type { Experiment } from './schema.ts'
import { formatTable } from './table.ts'

interface Results {
  readonly gaussian: Restored
  readonly learned: Restored
  readonly oracle: Oracle | undefined
}

/** The table in words and in numbers. */
export interface FigureTable {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
  readonly text: string
  readonly figures: { readonly [prior: string]: DemoFigures }
}

/** The figures that the demo shows, of all that were computed. */
export const demoFigures = ({ coverage, ...rest }: RestorationFigures): DemoFigures => {
  const at = (level: number) => coverage.find((c) => c.level === level)?.observed ?? Number.NaN
  return { ...rest, coverage50: at(0.5), coverage90: at(0.9) }
}

const COLUMNS = [
  'prior',
  'PSNR mean',
  'SSIM mean',
  'PSNR draw',
  'SSIM draw',
  '50 % interval',
  '90 % interval',
]

const rowOf = (name: string, f: DemoFigures): string[] => [
  name,
  `${f.psnrMean.toFixed(2)} dB`,
  f.ssimMean.toFixed(3),
  `${f.psnrDraw.toFixed(2)} dB`,
  f.ssimDraw.toFixed(3),
  `${(100 * f.coverage50).toFixed(1)} %`,
  `${(100 * f.coverage90).toFixed(1)} %`,
]

export const figureTable = ({ gaussian, learned, oracle }: Results): FigureTable => {
  const figures: Record<string, DemoFigures> = {
    gaussian: demoFigures(gaussian.figures),
    learned: demoFigures(learned.figures),
    ...(oracle ? { oracle: oracle.figures } : {}),
  }
  const names: Record<string, string> = {
    gaussian: '(a) Gaussian, from observations',
    learned: '(b) learned, from observations',
    oracle: '(c) oracle, from clean digits',
  }
  const lines = Object.entries(figures).map(([key, f]) => rowOf(names[key], f))
  return { columns: COLUMNS, rows: lines, text: formatTable(COLUMNS, lines), figures }
}

/** Test digits on the page. */
const SHOWN = [0, 1, 2, 3, 4, 5, 6, 7]

const stripsOf = ({ draws }: Restored, { truth, set, observed }: TestSet): Strips =>
  strips(
    { y: set.y, mask: observed, draws, mean: meanOverDraws(draws), std: stdOverDraws(draws), truth },
    { images: SHOWN },
  )

interface Page extends Results {
  readonly experiment: Experiment
  readonly plan: TestPlan
  readonly test: TestSet
  readonly table: FigureTable
  readonly seconds: Readonly<Record<string, number>>
  readonly command: string
}

/** Writes `report.html` and the pictures of `figures/`. */
export const writeDemoReport = async (
  run: Run,
  { experiment, plan, test, gaussian, learned, oracle, table, seconds, command }: Page,
): Promise<void> => {
  const pages = await runPages(run.paths.path, {})
  const shown = { learned: stripsOf(learned, test), gaussian: stripsOf(gaussian, test) }
  for (const [name, block] of Object.entries(shown)) {
    writeAtomic(join(run.paths.figures, `restored-${name}.png`), pngOf(stripsPicture(block)))
  }
  const last = pages.priorSamplesByLap?.at(-1)
  if (last)
    writeAtomic(
      join(run.paths.figures, 'prior-samples.png'),
      pngOf(enlarged(imageGrid(rows(last.images, 0, 32)), 3)),
    )
  writeReport(
    run.paths.report,
    runReport({
      title: 'Digits from digits with three pixels in four deleted',
      lead: `A diffusion prior learned from ${experiment.data.count} incomplete, noisy digits alone, no clean image anywhere; then ${plan.count} other digits, observed alike, restored with it.`,
      command,
      facts: [
        ['seed', `${experiment.seed}`],
        ['laps', `${experiment.em.laps}`],
        ...Object.entries(seconds).map(([phase, s]): [string, string] => [phase, `${s.toFixed(0)} s`]),
      ],
      summaryTable: {
        columns: table.columns,
        rows: table.rows,
        marked: 1,
        caption: `Averages over ${plan.count} test digits, ${plan.draws} posterior draws each; intervals on the pixels that were not observed.${oracle ? ` The oracle is the same network trained on ${oracle.digits} clean digits for as many steps (${oracle.command}).` : ''}`,
      },
      strips: [
        { ...shown.learned, title: 'Learned prior' },
        { ...shown.gaussian, title: 'Gaussian prior' },
      ],
      coverage: {
        series: [
          { name: 'learned prior', readings: learned.figures.coverage },
          { name: 'Gaussian prior', readings: gaussian.figures.coverage },
        ],
        note: 'Pixels that were not observed; values clipped to [0, 1], differences below one grey level count as ties.',
      },
      ...pages,
      notes: [
        'MMPS is exact only for Gaussian priors; on strongly multimodal posteriors its intervals are approximate.',
        'The prior has seen each digit once, with a quarter of its pixels; what it cannot know, it borrows from the Gaussian start.',
      ],
    }),
  )
}
