import { fileURLToPath } from 'node:url'
import { TweedieError } from '../error.ts'
import { readArrays } from '../formats/index.ts'
import { NdArray, type Shape } from '../tensor/ndarray.ts'
import { type DataSet, unitData } from './data-set.ts'

/** Handwritten digits with their labels. */
export interface Digits {
  /** [N, 1, 28, 28] in [0, 1]. */
  readonly images: NdArray<'float32'>
  /** [N], 0 … 9. */
  readonly labels: NdArray<'uint8'>
}

/**
 * The first 9000 digits are for learning, the last 1000 for testing. The last 500 to learn from are also
 * those to tune on: whoever tunes takes at most 8500 to learn.
 */
const TRAIN = 9000
const TOTAL = 10_000
const spans = { train: [0, TRAIN], val: [TRAIN - 500, TRAIN], test: [TRAIN, TOTAL], all: [0, TOTAL] } as const

/** `data/mnist.npz` of the package; this file lies two folders below its root both in src/ and in dist/. */
const PATH = fileURLToPath(new URL('../../data/mnist.npz', import.meta.url))

const bytes = (array: NdArray | undefined, shape: Shape): Uint8Array => {
  if (array?.data instanceof Uint8Array && String(array.shape) === String(shape)) return array.data
  throw new TweedieError(
    'input',
    `${PATH}: expected images [${TOTAL}, 28, 28] and labels [${TOTAL}] of uint8`,
  )
}

/** Which digits {@link loadMnist} gives. */
export interface MnistOptions {
  /**
   * 9000 digits to learn from, the last 500 of these to tune on, 1000 to test on, or all 10,000 (default
   * `train`).
   */
  readonly split?: keyof typeof spans
  /** Only the first so many of the split; the order is random, so they are a fair sample. Default: all. */
  readonly count?: number
}

/**
 * Ten thousand digits of MNIST (Y. LeCun, C. Cortes, C. J. C. Burges), which ship with the package; see
 * data/README.md.
 *
 * @throws TweedieError `input` when the split has fewer than `count` digits, or the file is missing or
 * damaged.
 * @example
 * ```ts
 * const { images } = loadMnist({ split: 'test', count: 500 }) // [500, 1, 28, 28]
 * ```
 */
export const loadMnist = ({ split = 'train', count }: MnistOptions = {}): Digits => {
  const [start, end] = spans[split]
  const size = count ?? end - start
  if (!Number.isInteger(size) || size < 1 || size > end - start) {
    throw new TweedieError(
      'input',
      `mnist: count must be an integer in 1 … ${end - start} for '${split}', got ${count}`,
    )
  }
  const { images, labels } = readArrays(PATH)
  const pixels = bytes(images, [TOTAL, 28, 28]).subarray(start * 784, (start + size) * 784)
  const unit = new Float32Array(pixels.length)
  for (let i = 0; i < unit.length; i++) unit[i] = pixels[i] / 255
  return {
    images: new NdArray('float32', [size, 1, 28, 28], unit),
    labels: new NdArray('uint8', [size], bytes(labels, [TOTAL]).slice(start, start + size)),
  }
}

export const mnist: DataSet = {
  name: 'mnist',
  summary: 'ten thousand handwritten digits',
  read: (split) => unitData(loadMnist({ split }).images),
}
