/** A distilled sampler as one ONNX file that any runtime opens, and the manifest that says what goes in and comes out. */
import { jit, type NdArray, type Shape, sizeOf, zeros } from '../tensor/index.ts'
import type { ConditionInput } from './condition.ts'
import { type AmortizedSampler, oneStep } from './sampler.ts'

/** One array of the model. */
export interface ManifestArray {
  /** Its name in the model. */
  readonly name: string
  readonly shape: Shape
  readonly dtype: 'float32'
  readonly about: string
}

/** What a sampler's `.onnx` takes and gives. */
export interface SamplerManifest {
  readonly format: 'tweedie-sampler'
  readonly version: 1
  readonly inputs: readonly ManifestArray[]
  readonly outputs: readonly ManifestArray[]
  /** Draws K of one observation that one run makes. */
  readonly draws: number
  /** Lowest and highest value of the data: x and y are in these units. */
  readonly range: readonly [number, number]
  readonly operator: AmortizedSampler['operator']
}

const array = (name: string, shape: Shape, about: string): ManifestArray => ({
  name,
  shape,
  dtype: 'float32',
  about,
})

/** What is known of parameters by name. */
const ABOUT: Readonly<Record<string, string>> = {
  mask: '1 where y was observed, 0 elsewhere',
  matrix: 'the matrix of the projection',
}

/**
 * The sampler as a program for one observation and K draws: (y, what is told beside it, z) → (x, logq).
 *
 * @param draws - K ≥ 1; shapes in the file are fixed
 * @returns the bytes of the `.onnx` file, in standard operators only, and its manifest
 *
 * @example
 * ```ts
 * const { model, manifest } = await exportSampler(sampler, 16)
 * writeFileSync('sampler.onnx', model)
 * writeFileSync('sampler.json', JSON.stringify(manifest))
 * ```
 */
export const exportSampler = async (
  sampler: AmortizedSampler,
  draws: number,
): Promise<{ model: Uint8Array; manifest: SamplerManifest }> => {
  const { event, range, operator, telling } = sampler
  const one = (shape: Shape): NdArray<'float32'> => zeros([1, ...shape])
  const beside = Object.entries(telling.beside)
  const seen: ConditionInput<NdArray> = {
    y: one(telling.y),
    beside: Object.fromEntries(beside.map(([name, shape]) => [name, one(shape)])),
  }
  const model = await jit(oneStep(sampler)).onnx(seen, zeros([draws, ...event]))
  return {
    model,
    manifest: {
      format: 'tweedie-sampler',
      version: 1,
      inputs: [
        ...(telling.nothing
          ? []
          : [array('0.y', [1, ...telling.y], 'the observation, in the units of the data')]),
        ...beside.map(([name, shape]) => array(`0.beside.${name}`, [1, ...shape], ABOUT[name] ?? name)),
        array('1', [draws, ...event], 'z, standard normal: a draw for each row'),
      ],
      outputs: [
        array('out.x', [draws, ...event], 'draws of x, in the units of the data'),
        array('out.logq', [draws], `log q(x | y) in nats, a density over the ${sizeOf(event)} entries of x`),
      ],
      draws,
      range: [range[0], range[1]],
      operator,
    },
  }
}
