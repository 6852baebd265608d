/** Masks of k-space that repeat themselves: of whole columns, and the same for all images. */
import { NdArray, type Shape } from '../../tensor/ndarray.ts'

/** How masks [N, 1, H, W] are kept with axes of 1 where nothing differs. */
export interface MaskForm {
  /** Of one mask: [1, H | 1, W]. */
  readonly shape: Shape
  /** Whether all images have the same. */
  readonly shared: boolean
  /** Masks [n, 1, H, W] as [n, ...shape]. */
  readonly cut: (mask: NdArray<'float32'>) => NdArray<'float32'>
}

/** Learns the form of masks, part by part. */
export const maskForms = (height: number, width: number) => {
  let first: Float32Array | undefined
  let [columns, shared] = [true, true]
  const size = height * width
  const see = ({ data }: NdArray<'float32'>): void => {
    first ??= data.slice(0, size)
    for (let i = 0; i < data.length && (columns || shared); i++) {
      const within = i % size
      columns &&= data[i] === data[i - within + (within % width)]
      shared &&= data[i] === first[within]
    }
  }
  const form = (): MaskForm => {
    const shape = [1, columns ? 1 : height, width]
    const own = shape[1] * width
    const cut = ({ data, shape: [count] }: NdArray<'float32'>): NdArray<'float32'> => {
      const out = new Float32Array(count * own)
      for (let n = 0; n < count; n++) out.set(data.subarray(n * size, n * size + own), n * own)
      return new NdArray('float32', [count, ...shape], out)
    }
    return { shape, shared, cut }
  }
  return { see, form }
}
