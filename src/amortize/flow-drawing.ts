/** Draws of a conditional flow: one pass, and their log-density. */
import {
  apartFrom,
  type FlowConfig,
  type FlowParams,
  flowOf,
  foldedSample,
  foldRealNvp,
  logqOf,
  realNvp,
} from '../flows/index.ts'
import { flatten, frozen, type NdArray, repeat, reshape, type Tensor, unflatten } from '../tensor/index.ts'
import { conditionFrom } from './condition.ts'
import type { Drawing } from './drawing.ts'

/** x in the units of the prior, flat or in the flow's shape, with log|det ∂x/∂z|. */
type DrawOf = (condition: Tensor, z: Tensor) => { readonly x: Tensor; readonly logdet: Tensor }

/** The flow without what costs at inference: an affine RealNVP is folded. */
const drawOf = (config: FlowConfig, params: FlowParams<NdArray>): DrawOf => {
  const folds = config.kind === 'realNvp' && (config.transform ?? { kind: 'affine' }).kind === 'affine'
  if (folds && config.kind === 'realNvp' && !config.range) {
    const { size, condition, steps, hidden, outside = [] } = config
    const flow = realNvp({ size: size - outside.length, condition, steps, hidden })
    const folded = foldRealNvp(flow, unflatten(flow.init(0), flatten(params)))
    if (outside.length === 0) return (y, z) => foldedSample(folded, y, z)
    const { parted, whole } = apartFrom(size, outside)
    return (y, z) => {
      const [kept, rest] = parted(z)
      const { x, logdet } = foldedSample(folded, y, kept)
      return { x: whole(x, rest), logdet }
    }
  }
  const flow = flowOf(config)
  if (config.kind === 'network') return (y, z) => flow.sample(frozen(params), y, z)
  return (y, z) => flow.sample(frozen(params), repeat(y, z.shape[0] / y.shape[0]), z)
}

/** A flow as a sampler. @throws TweedieError `input` as `flowOf` */
export const flowDrawing = (config: FlowConfig): Drawing => {
  const { event: inside, condition, init } = flowOf(config)
  return {
    init,
    evaluations: 1,
    density: true,
    draw: (params, made) => {
      const draw = drawOf(config, params)
      return (input, z) => {
        const latent = reshape(z, [z.shape[0], ...inside])
        const drawn = draw(conditionFrom({ ...made, condition }, input), latent)
        return { x: reshape(drawn.x, [z.shape[0], ...made.event]), logq: logqOf(latent, drawn) }
      }
    },
  }
}
