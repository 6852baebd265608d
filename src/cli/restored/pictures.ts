/** Pictures beside a file of draws. */
import { type ArrayFile, encodePng, openArrays, writeAtomic } from '../../formats/index.ts'
import type { TakeDraws } from '../../posterior/index.ts'
import { firstNotFinite, float32, itemAt, type NdArray } from '../../tensor/index.ts'

/** Pictures of each array. */
const MOST = 100

/** Images as they come, of which the first are kept. */
export interface FirstImages {
  readonly take: TakeDraws
  /**
   * Writes the images that came, and the first rows of some arrays of a file, beside it: `NAME-mean-000.png`
   *
   * @param own - what the images that came are called
   * @returns how many were written
   */
  readonly write: (path: string, own: string, others?: readonly string[]) => number
}

const written = (path: string, name: string, index: number, image: NdArray<'float32'>): number => {
  if (firstNotFinite(image) >= 0) return 0 // lost
  const stem = path.replace(/\.[^.]*$/, '')
  writeAtomic(`${stem}-${name}-${String(index).padStart(3, '0')}.png`, encodePng(image))
  return 1
}

const imagesIn = (x: NdArray<'float32'>): NdArray<'float32'>[] =>
  Array.from({ length: x.shape[0] }, (_, i) => itemAt(x, i))

/** The first rows of an array; none where the file has no such array. */
const firstRows = (file: ArrayFile, name: string): NdArray<'float32'>[] => {
  const field = file.fields[name]
  return field ? imagesIn(float32(file.rows(name, 0, Math.min(MOST, field.shape[0])))) : []
}

/** Keeps the first images of the first draw. */
export const firstImages = (): FirstImages => {
  const kept: NdArray<'float32'>[] = []
  return {
    take: ({ draw, x }) => {
      if (draw === 0 && kept.length < MOST) kept.push(...imagesIn(x).slice(0, MOST - kept.length))
    },
    write: (path, own, others = []) => {
      const file = openArrays(path)
      try {
        const arrays = [...others.map((name) => [name, firstRows(file, name)] as const), [own, kept] as const]
        const each = arrays.flatMap(([name, images]) =>
          images.map((image, i) => written(path, name, i, image)),
        )
        return each.reduce((sum, one) => sum + one, 0)
      } finally {
        file.close()
      }
    },
  }
}
