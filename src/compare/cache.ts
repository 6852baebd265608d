/** Measured cells on disk, one pair of files each, named by content: a table resumes and grows. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { TweedieError } from '../error.ts'
import { decodeNpz, encodeNpz, writeAtomic } from '../formats/index.ts'
import { NdArray, sizeOf } from '../tensor/index.ts'
import { type Figures, figuresSchema } from './figures.ts'
import type { CellResult } from './measure.ts'

/** A cell as it is read back: its figures, and the first draw of the first items. */
export interface StoredResult {
  readonly figures: Figures
  /** [N', ...event] in [0, 1]. */
  readonly pictures: NdArray<'float32'>
}

/** A folder of measured cells. */
export interface Cache {
  read(key: string): StoredResult | undefined
  write(key: string, measured: CellResult): StoredResult
}

/** Images that a page shows of a cell. */
export const KEPT_PICTURES = 8

/** Draws as levels of 8 bits: all of them are kept, so that a new figure needs no new sampling. */
const levelsOf = ({ shape, data }: NdArray<'float32'>): NdArray<'uint8'> =>
  new NdArray(
    'uint8',
    shape,
    Uint8Array.from(data, (v) => Math.round(255 * Math.min(1, Math.max(0, v)))),
  )

const picturesOf = ({ shape, data }: NdArray, where: string): NdArray<'float32'> => {
  if (!(data instanceof Uint8Array) || shape.length < 2)
    throw new TweedieError('input', `${where}: 'draws' must be uint8 [K, N, ...]; delete it`)
  const [, n, ...event] = shape
  const shown = Math.min(KEPT_PICTURES, n)
  const levels = data.subarray(0, shown * sizeOf(event))
  return new NdArray(
    'float32',
    [shown, ...event],
    Float32Array.from(levels, (v) => v / 255),
  )
}

/**
 * Opens a folder of cells, which is made when absent.
 *
 * @throws TweedieError `io` when the system refuses; reading throws `input` for damaged files: delete them to measure again
 */
export const openCache = (folder: string): Cache => {
  mkdirSync(folder, { recursive: true })
  const paths = (key: string) => [join(folder, `${key}.json`), join(folder, `${key}.npz`)] as const
  return {
    read: (key) => {
      const [json, npz] = paths(key)
      if (!existsSync(json) || !existsSync(npz)) return undefined
      const parsed = figuresSchema.safeParse(jsonOf(json))
      if (!parsed.success) throw new TweedieError('input', `${json}: not the figures of a cell; delete it`)
      const { draws } = decodeNpz(readFileSync(npz), npz)
      if (!draws) throw new TweedieError('input', `${npz}: has no 'draws'; delete it`)
      return { figures: parsed.data, pictures: picturesOf(draws, npz) }
    },
    write: (key, { figures, draws }) => {
      const [json, npz] = paths(key)
      const levels = levelsOf(draws)
      writeAtomic(npz, encodeNpz({ draws: levels }))
      writeAtomic(json, new TextEncoder().encode(`${JSON.stringify(figures, null, 2)}\n`))
      return { figures, pictures: picturesOf(levels, npz) }
    },
  }
}

const jsonOf = (path: string): unknown => {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    throw new TweedieError('input', `${path}: not JSON; delete it`, { cause })
  }
}
