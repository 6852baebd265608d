/** The table of a comparison. */

/** A cell of `tweedie compare`: who made it, of which task, and its figures. */
export interface Cell {
  readonly method: string
  readonly task: string
  readonly steps?: number
  readonly settings?: Readonly<Record<string, unknown>>
  readonly draws: number
  readonly coverage?: { readonly level: number; readonly share: number | null }
  readonly [figure: string]: unknown
}

/** A column of figures. */
export interface Column {
  readonly key: string
  readonly title: string
  /** Whether the best is the largest, the smallest, or that nearest to a level. */
  readonly best: 'most' | 'least' | { readonly near: number }
  readonly of: (cell: Cell) => number | null | undefined
}

const plain = (key: string, title: string, best: Column['best']): Column => ({
  key,
  title,
  best,
  of: (cell) => {
    const value = cell[key]
    return typeof value === 'number' || value === null ? value : undefined
  },
})

const columns: readonly Column[] = [
  plain('psnr', 'PSNR', 'most'),
  plain('psnrMean', 'PSNR of the mean', 'most'),
  plain('ssim', 'SSIM', 'most'),
  plain('crps', 'CRPS', 'least'),
  plain('perceptual', 'Perceptual', 'least'),
  {
    key: 'coverage',
    title: 'Coverage less its level',
    best: { near: 0 },
    of: ({ coverage }) => coverage && (coverage.share === null ? null : coverage.share - coverage.level),
  },
  plain('residual', 'Residual', { near: 1 }),
  plain('perMeasurement', 'Seconds each', 'least'),
]

/** The columns that some cell has a figure for. */
export const columnsOf = (cells: readonly Cell[]): Column[] =>
  columns.filter(({ of }) => cells.some((cell) => of(cell) !== undefined))

/** Tasks in the order in which they come. */
export const tasksOf = (cells: readonly Cell[]): string[] => [...new Set(cells.map(({ task }) => task))]

/** The name of the maker of a cell, with settings. */
export const nameOf = ({ method, settings = {} }: Cell): string =>
  [method, ...Object.entries(settings).map(([key, value]) => `${key}=${String(value)}`)].join(' ')

/** Cells from the best to the worst by a column; those without a figure are last. */
export const sorted = (cells: readonly Cell[], { best, of }: Column): Cell[] => {
  const badness = (cell: Cell): number => {
    const value = of(cell)
    if (typeof value !== 'number') return Number.POSITIVE_INFINITY
    if (best === 'most') return -value
    return best === 'least' ? value : Math.abs(value - best.near)
  }
  return [...cells].sort((a, b) => badness(a) - badness(b))
}
