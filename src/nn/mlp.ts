import { TweedieError } from '../error.ts'
import { concat, layerNorm, type NdArray, silu, sizeOf, type Tensor } from '../tensor/index.ts'
import { Initialiser, type Linear } from './init.ts'
import { embed, linear } from './layers.ts'
import type { Network } from './network.ts'
import { networkKind, unfit } from './network-kind.ts'

/** Sizes of an MLP; the defaults are those of the manifold experiment (Rozet et al. 2024, section 5.1). */
export interface MlpOptions {
  /** Length of the signal. */
  readonly features: number
  /** Widths of the hidden layers, default 256, 256, 256. */
  readonly hidden?: readonly number[]
  /** Features of the noise embedding, default 64. */
  readonly emb?: number
}

const settings = {
  hidden: {
    kind: 'integers',
    least: 1,
    min: 1,
    default: [256, 256, 256],
    description: 'widths of the hidden layers',
  },
  emb: { kind: 'integer', min: 1, default: 64, description: 'features of the noise embedding' },
} as const

type MlpParams<L> = { readonly hidden: readonly Linear<L>[]; readonly out: Linear<L> }

/**
 * concat(x, emb) → [Linear → SiLU → LayerNorm] for each hidden layer → Linear.
 *
 * @throws TweedieError `input` when sizes are not positive integers or `emb` is odd, `shape` when x is not
 * [B, features]
 *
 * @example
 * ```ts
 * const net = mlp({ features: 5 })
 * const params = net.init(0)
 * const run = jit((x: Tensor, c: Tensor) => net.apply(frozen(params), x, c))
 * ```
 */
export const mlp = (options: MlpOptions): Network<MlpParams<NdArray>, MlpParams<Tensor>> => {
  const { features, hidden = settings.hidden.default, emb = settings.emb.default } = options
  if ([features, ...hidden].some((size) => !(Number.isInteger(size) && size > 0))) {
    throw new TweedieError(
      'input',
      `mlp: features ${features} and hidden [${hidden}] must be positive integers`,
    )
  }
  if (!(Number.isInteger(emb / 2) && emb >= 4)) {
    throw new TweedieError('input', `mlp: emb must be even and at least 4, got ${emb}`)
  }
  return {
    dropout: 0,
    dropouts: 0,
    init: (seed) => {
      const draw = new Initialiser(seed)
      const widths = [features + emb, ...hidden]
      return {
        hidden: hidden.map((width, i) => draw.linear(`hidden.${i}`, widths[i], width)),
        out: draw.linear('out', widths[hidden.length], features),
      }
    },
    apply: (params, x, cNoise) => {
      if (x.shape.length !== 2 || x.shape[1] !== features) {
        throw new TweedieError('shape', `mlp: expected [B, ${features}], got [${x.shape}]`)
      }
      const h = params.hidden.reduce(
        (h, layer) => layerNorm(silu(linear(h, layer))),
        concat([x, embed(cNoise, emb)], 1),
      )
      return linear(h, params.out)
    },
  }
}

/** The MLP in configurations and checkpoints: over any event, flattened. */
export const mlpKind = networkKind({
  kind: 'mlp',
  summary: 'fully connected layers over all entries, for points and small signals',
  spatial: false,
  settings,
  sizes: {
    features: { kind: 'integer', min: 1, required: true, description: 'entries of one x' },
  },
  sizesFor: (_, event) => {
    const other = event.length === 2 ? 'unet1d' : 'unet'
    if (event.length !== 1)
      throw unfit(`an mlp needs vectors [N], the data are [${event}]; use kind: ${other}`)
    return { features: sizeOf(event) }
  },
  make: mlp,
})
