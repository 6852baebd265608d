/** The figures of restored photographs, as a table and as JSON. */
import { formatTable } from '../table.ts'
import type { RestoredPhotos } from './restore-photos.ts'

/** The figures of one sampler as JSON has them; null where they take several draws. */
type PhotoFigures = {
  readonly images: number
  readonly psnr: number
  readonly ssim: number
  readonly coverage50: number | null
  readonly coverage90: number | null
  readonly secondsPerImage: number
}

/** The table in words and in numbers. */
export interface PhotoTable {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
  readonly text: string
  readonly figures: { readonly [name: string]: PhotoFigures }
}

const figuresOf = ({ draws, psnr, ssim, coverage, seconds }: RestoredPhotos): PhotoFigures => {
  const at = (level: number) => coverage.find((c) => c.level === level)?.observed ?? null
  return {
    images: draws.shape[1],
    psnr,
    ssim,
    coverage50: at(0.5),
    coverage90: at(0.9),
    secondsPerImage: seconds,
  }
}

const COLUMNS = ['method', 'photographs', 'PSNR', 'SSIM', '50 % interval', '90 % interval', 'seconds each']

const share = (value: number | null): string => (value === null ? '–' : `${(100 * value).toFixed(1)} %`)

export const photoTable = (results: readonly RestoredPhotos[]): PhotoTable => {
  const figures = Object.fromEntries(results.map((one) => [one.name, figuresOf(one)]))
  const lines = Object.entries(figures).map(([name, f]) => [
    name,
    `${f.images}`,
    `${f.psnr.toFixed(2)} dB`,
    f.ssim.toFixed(3),
    share(f.coverage50),
    share(f.coverage90),
    f.secondsPerImage.toPrecision(2),
  ])
  return { columns: COLUMNS, rows: lines, text: formatTable(COLUMNS, lines), figures }
}
