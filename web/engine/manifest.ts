/**
 * The manifest beside a sampler's `.onnx`, as `tweedie distill` and `tweedie restore --onnx` write it: what
 * goes in and comes out, and how far the sampler can be trusted.
 */

import { fieldsOf, listOf, pairOf, type Range, rangeOf, sizeIn, textOf, wrong } from './fields.ts'
import { type Measured, measuredOf } from './measured.ts'

export type { Range } from './fields.ts'

/** One array that goes in or comes out. */
interface ManifestArray {
  readonly name: string
  readonly shape: readonly number[]
}

export interface Manifest {
  readonly inputs: readonly ManifestArray[]
  readonly outputs: readonly ManifestArray[]
  /** Draws K of one run. */
  readonly draws: number
  readonly range: Range
  /** Bytes of the model. */
  readonly bytes?: number
  /** Of samplers that are told the noise: what they were made for. */
  readonly noise?: Range
  /** Absent of a sampler that nobody has measured. */
  readonly trust?: Measured
}

const arrayOf = (value: unknown, where: string): ManifestArray => {
  const { name, shape, dtype } = fieldsOf(value, where)
  if (dtype !== 'float32') throw wrong(`${where} must be of float32`)
  return { name: textOf(name, `${where}.name`), shape: listOf(shape, `${where}.shape`, sizeIn) }
}

/**
 * What a manifest says, checked.
 *
 * @param value - parsed JSON
 * @throws Error in one line, for anything that is no manifest of a sampler
 */
export const manifestOf = (value: unknown): Manifest => {
  const { format, version, inputs, outputs, draws, range, bytes, noise, trust } = fieldsOf(value, 'it')
  if (format !== 'tweedie-sampler') throw wrong("format must be 'tweedie-sampler'")
  if (version !== 3) throw wrong(`version must be 3, got ${version}`)
  return {
    inputs: listOf(inputs, 'inputs', arrayOf),
    outputs: listOf(outputs, 'outputs', arrayOf),
    draws: sizeIn(draws, 'draws'),
    range: pairOf(range, 'range'),
    ...(bytes === undefined ? {} : { bytes: sizeIn(bytes, 'bytes') }),
    ...(noise === undefined ? {} : { noise: rangeOf(noise, 'noise') }),
    ...(trust === undefined ? {} : { trust: measuredOf(trust) }),
  }
}
