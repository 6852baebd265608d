/** The figures of the demo: of each prior as a table and as JSON, and those of the oracle that ship. */
import { z } from 'zod'
import type { RestorationFigures } from '../../diagnose/index.ts'
import { formatTable } from '../table.ts'

/** Figures of one prior, as the table and `--json` show them. */
const figuresSchema = z.object({
  psnrMean: z.number(),
  psnrDraw: z.number(),
  ssimMean: z.number(),
  ssimDraw: z.number(),
  coverage50: z.number(),
  coverage90: z.number(),
  spreadSkill: z.number(),
})
export type DemoFigures = z.output<typeof figuresSchema>

/** The oracle was trained on clean digits beforehand: `npx tsx scripts/prepare-oracle.ts`. */
export const oracleSchema = z.object({
  command: z.string(),
  steps: z.int(),
  digits: z.int(),
  figures: figuresSchema,
})
export type Oracle = z.output<typeof oracleSchema>

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

/** The table of the Gaussian start, the learned prior, and the oracle where it is known. */
export const figureTable = (
  gaussian: RestorationFigures,
  learned: RestorationFigures,
  oracle: Oracle | undefined,
): FigureTable => {
  const figures: Record<string, DemoFigures> = {
    gaussian: demoFigures(gaussian),
    learned: demoFigures(learned),
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
