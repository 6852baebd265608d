import { concat, layerNorm, type NdArray, silu, type Tensor } from '../tensor/index.ts'
import { Initialiser, type Linear } from './init.ts'
import { embed, linear } from './layers.ts'
import type { Network } from './network.ts'

/** Sizes of an MLP; the defaults are those of the manifold experiment (ALGORITHMS 1.3). */
export interface MlpOptions {
  /** Length of the signal. */
  readonly features: number
  /** Widths of the hidden layers, default 256, 256, 256. */
  readonly hidden?: readonly number[]
  /** Features of the noise embedding, default 64. */
  readonly emb?: number
}

type MlpParams<L> = { readonly hidden: readonly Linear<L>[]; readonly out: Linear<L> }

/**
 * concat(x, emb) → [Linear → SiLU → LayerNorm] for each hidden layer → Linear.
 *
 * @example
 * ```ts
 * const net = mlp({ features: 5 })
 * const params = net.init(0)
 * const run = jit((p: typeof params, x, c) => net.apply(p, x, c))
 * ```
 */
export const mlp = ({
  features,
  hidden = [256, 256, 256],
  emb = 64,
}: MlpOptions): Network<MlpParams<NdArray>, MlpParams<Tensor>> => ({
  dropout: 0,
  keepShapes: () => [],
  init: (seed) => {
    const draw = new Initialiser(seed)
    const widths = [features + emb, ...hidden]
    return {
      hidden: hidden.map((width, i) => draw.linear(`hidden.${i}`, widths[i], width)),
      out: draw.linear('out', widths[hidden.length], features),
    }
  },
  apply: (params, x, cNoise) => {
    const h = params.hidden.reduce(
      (h, layer) => layerNorm(silu(linear(h, layer))),
      concat([x, embed(cNoise, emb)], 1),
    )
    return linear(h, params.out)
  },
})
