/** The draws on the screen as a file of NumPy. */
import { encodeNpz } from 'tweedie/formats'
import { NdArray } from 'tweedie/tensor'
import { saveBlob } from '../ui/save.ts'
import type { Restoring } from './restoring.ts'

/**
 * `draws` [K, 1, C, H, W] with what they are of: `y`, `truth`, `mean` and `spread` [1, C, H, W], `mask`
 * [1, 1, H, W], `noise` [1], `logq` [K, 1] where it is known.
 */
const drawsFile = ({ result, summary, truth, shape, manifest }: Restoring): Uint8Array<ArrayBuffer> => {
  const { channels, height, width } = shape
  const { observed, draws, logq } = result.value
  const { mean, deviation } = summary.value
  const array = (values: Float32Array, dimensions: readonly number[]) =>
    new NdArray('float32', dimensions, values)
  const image = (values: Float32Array) => array(values, [1, channels, height, width])
  const bytes = encodeNpz({
    draws: array(draws, [manifest.draws, 1, channels, height, width]),
    mean: image(mean),
    spread: image(deviation),
    truth: image(truth.value),
    y: image(observed.y),
    mask: array(observed.mask, [1, 1, height, width]),
    noise: array(Float32Array.of(observed.noise), [1]),
    ...(logq ? { logq: array(logq, [manifest.draws, 1]) } : {}),
  })
  return Uint8Array.from(bytes)
}

export const saveDraws = (restoring: Restoring, name: string): void =>
  saveBlob(`${name}.npz`, new Blob([drawsFile(restoring)], { type: 'application/zip' }))
