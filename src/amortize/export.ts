/**
 * A distilled sampler as one ONNX file that any runtime opens, and the manifest that says what goes in and
 * comes out.
 */
import { familyOf, type NoiseRange } from '../operators/index.ts'
import { full, type NdArray, onnxOf, type Shape, sizeOf, type Tensor, zeros } from '../tensor/index.ts'
import { type AmortizedSampler, drawingOf, oneStep } from './sampler.ts'

/** One array of the model. */
export interface ManifestArray {
  /** Its name in the model. */
  readonly name: string
  readonly shape: Shape
  readonly dtype: 'float32'
  readonly about: string
}

/** Inputs and outputs of a sampler's `.onnx`. */
export interface SamplerManifest {
  readonly format: 'tweedie-sampler'
  readonly version: 3
  readonly inputs: readonly ManifestArray[]
  readonly outputs: readonly ManifestArray[]
  /** Draws K of one observation that one run makes. */
  readonly draws: number
  /** Lowest and highest value of the data: x and y are in these units. */
  readonly range: readonly [number, number]
  /** Of samplers that are told the noise: the standard deviations that they were made for, in these units. */
  readonly noise?: NoiseRange
  readonly operator: AmortizedSampler['operator']
}

const array = (name: string, shape: Shape, about: string): ManifestArray => ({
  name,
  shape,
  dtype: 'float32',
  about,
})

const densityWords = ({ event, outside = [] }: AmortizedSampler): string =>
  `log q(x | y) in nats, a density over the ${sizeOf(event) - outside.length} entries of x` +
  (outside.length > 0 ? ' that are there' : '')

const rangeWords = ({ from, to }: NoiseRange): string => `${from} to ${to} in the units of the data`

/**
 * The sampler as a program for one observation and K draws: (y, the parameters beside it, noise, z) → (x,
 * logq), of denoisers x alone.
 *
 * @param draws - K ≥ 1; shapes in the file are fixed
 * @returns the bytes of the `.onnx` file, in standard operators only, and its manifest
 *
 * @example
 * ```ts
 * const { model, manifest } = await exportSampler(sampler, 16)
 * writeAtomic('sampler.onnx', model)
 * writeAtomic('sampler.json', new TextEncoder().encode(JSON.stringify(manifest)))
 * ```
 */
export const exportSampler = async (
  sampler: AmortizedSampler,
  draws: number,
): Promise<{ model: Uint8Array; manifest: SamplerManifest }> => {
  const { event, range, operator, condition } = sampler
  const one = (shape: Shape): NdArray<'float32'> => zeros([1, ...shape])
  const beside = Object.entries(condition.beside)
  const like = {
    ...Object.fromEntries(beside.map(([name, shape]) => [name, one(shape)])),
    y: one(condition.y),
    ...(condition.noise ? { noise: full([1], condition.noise.to) } : {}),
    z: zeros([draws, ...event]),
  }
  const draw = oneStep(sampler)
  const model = onnxOf(
    ({ y, z, noise, ...rest }: Readonly<Record<string, Tensor>>) => ({
      ...draw({ y, beside: rest, ...(condition.noise ? { noise } : {}) }, z),
    }),
    like,
  )
  const about = (name: string): string => familyOf(operator.name).parameters[name]?.about ?? name
  return {
    model,
    manifest: {
      format: 'tweedie-sampler',
      version: 3,
      inputs: [
        ...(condition.nothing
          ? []
          : [array('y', [1, ...condition.y], 'the observation, in the units of the data')]),
        ...beside.map(([name, shape]) => array(name, [1, ...shape], about(name))),
        ...(condition.noise
          ? [array('noise', [1], `standard deviation of the noise, ${rangeWords(condition.noise)}`)]
          : []),
        array('z', [draws, ...event], 'standard normal: a draw for each row'),
      ],
      outputs: [
        array('x', [draws, ...event], 'draws of x, in the units of the data'),
        ...(drawingOf(sampler.flow).density ? [array('logq', [draws], densityWords(sampler))] : []),
      ],
      draws,
      range: [range[0], range[1]],
      ...(condition.noise ? { noise: condition.noise } : {}),
      operator,
    },
  }
}
