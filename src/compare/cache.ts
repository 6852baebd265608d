/** Measured cells on disk, one pair of files each, named by content: a table resumes and grows. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeNpz, encodeNpz, writeAtomic } from '../data/index.ts'
import { TweedieError } from '../error.ts'
import { NdArray } from '../tensor/index.ts'
import { type Figures, figuresSchema } from './figures.ts'
import type { Measured } from './measure.ts'

/** A cell as it is kept: its figures, and the first draws of the first images as levels of 8 bits. */
export interface Kept {
  readonly figures: Figures
  /** [N', C, H, W] in [0, 1]. */
  readonly pictures: NdArray<'float32'>
}

/** A folder of measured cells. */
export interface Cache {
  read(key: string): Kept | undefined
  write(key: string, measured: Measured): Kept
}

/** Images that a cell keeps for the strips. */
export const KEPT_PICTURES = 8

const levelsOf = (draws: NdArray<'float32'>): NdArray<'uint8'> => {
  const [, n, ...event] = draws.shape
  const shown = Math.min(KEPT_PICTURES, n)
  const size = event.reduce((p, d) => p * d, 1) * shown
  const levels = Uint8Array.from(draws.data.subarray(0, size), (v) =>
    Math.round(255 * Math.min(1, Math.max(0, v))),
  )
  return new NdArray('uint8', [shown, ...event], levels)
}

const imagesOf = ({ shape, data }: NdArray, where: string): NdArray<'float32'> => {
  if (!(data instanceof Uint8Array)) throw new TweedieError('input', `${where}: 'pictures' must be uint8`)
  return new NdArray(
    'float32',
    shape,
    Float32Array.from(data, (v) => v / 255),
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
      const { pictures } = decodeNpz(readFileSync(npz), npz)
      if (!pictures) throw new TweedieError('input', `${npz}: has no 'pictures'; delete it`)
      return { figures: parsed.data, pictures: imagesOf(pictures, npz) }
    },
    write: (key, { figures, draws }) => {
      const [json, npz] = paths(key)
      const pictures = levelsOf(draws)
      writeAtomic(npz, encodeNpz({ pictures }))
      writeAtomic(json, new TextEncoder().encode(`${JSON.stringify(figures, null, 2)}\n`))
      return { figures, pictures: imagesOf(pictures, npz) }
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
