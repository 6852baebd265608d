/** The draws on the screen as a file of NumPy. */
import { encodeNpz } from 'tweedie/formats'
import { NdArray } from 'tweedie/tensor'
import { saveBlob } from '../ui/save.ts'
import { shapeIn } from './domain.ts'
import { placeArrays } from './place-arrays.ts'
import type { Restoring } from './restoring.ts'

/**
 * `draws` [K, 1, …signal] with what they are of: `y`, `truth`, `mean` and `spread` [1, …signal], `mask` of one
 * channel, `noise` [1], `logq` [K, 1] where it is known; of points `coordinates` [N, 3] and `faces` [F, 3].
 */
const drawsFile = ({ result, summary, truth, domain, manifest }: Restoring): Uint8Array<ArrayBuffer> => {
  const shape = shapeIn(domain)
  const { observed, draws, logq } = result.value
  const { mean, deviation } = summary.value
  const array = (values: Float32Array, dimensions: readonly number[]) =>
    new NdArray('float32', dimensions, values)
  const signal = (values: Float32Array) => array(values, [1, ...shape])
  const bytes = encodeNpz({
    draws: array(draws, [manifest.draws, 1, ...shape]),
    mean: signal(mean),
    spread: signal(deviation),
    truth: signal(truth.value),
    y: signal(observed.y),
    mask: array(observed.mask, [1, 1, ...shape.slice(1)]),
    noise: array(Float32Array.of(observed.noise), [1]),
    ...(logq ? { logq: array(logq, [manifest.draws, 1]) } : {}),
    ...placeArrays(domain),
  })
  return Uint8Array.from(bytes)
}

export const saveDraws = (restoring: Restoring, name: string): void =>
  saveBlob(`${name}.npz`, new Blob([drawsFile(restoring)], { type: 'application/zip' }))
