/**
 * Conditional flow whose conditioners are networks of nn/, so that it knows the space its signals live on:
 * images, curves, the sphere, a mesh. One network, the encoder, reads y once; from its features come a scale
 * and a shift of every entry, and the condition of each coupling. A coupling moves the points outside a fixed
 * random half, given those inside (masked couplings: Dinh et al. 2017, section 3.4). However many draws one
 * y has, it is encoded once. The couplings begin with white noise, or with what a Gaussian fit of the prior
 * says of x already (gaussian-base.ts).
 */
import { TweedieError } from '../error.ts'
import { conv, type Linear, network, type SpatialNetwork, type Training } from '../nn/index.ts'
import {
  add,
  concat,
  constant,
  greater,
  mul,
  type NdArray,
  ndarray,
  repeat,
  reshape,
  reshaped,
  type Shape,
  sizeOf,
  sub,
  sum,
  type Tensor,
  type Tree,
  where,
  zeros,
} from '../tensor/index.ts'
import { type ActNorm, actNorm, actNormInverse, initActNorm } from './actnorm.ts'
import { affine } from './affine.ts'
import { expectRows, type Flow, type Moved, noChange } from './flow.ts'
import { type Base, emptyFit, type GaussianArrays, type GaussianBase, gaussianBase } from './gaussian-base.ts'
import { conditionAt, conditionShape } from './image-conditioner.ts'
import { insideMask, type Outside } from './outside.ts'
import { randomOrder } from './permutation.ts'

/** Sizes of a flow of networks. */
export interface NetworkFlowOptions {
  /** Shape [C, ...space] of x. */
  readonly event: Shape
  /**
   * Shape [C', ...space] of y, with `maskedCondition` counting the mask; of images the height and width may
   * be a multiple of those of x, or the reverse.
   */
  readonly condition: Shape
  /** Reads y and the mean of a base; its `io` is the number of features, at least their channels. */
  readonly encoder: SpatialNetwork
  /** Chooses what a coupling does; its `io` is C + the number of features. */
  readonly coupling: SpatialNetwork
  /** Couplings, default 4. */
  readonly steps?: number
  /** What they begin with; default white noise. */
  readonly base?: GaussianBase
  /** Entries of x that are not there: no network sees them, and they are those of z. */
  readonly outside?: Outside
}

/** From the channels of a network to the parameters of a transform: [k, io, 1, 1], [k]. */
type Tail<L> = Linear<L>

/** Weights; nothing is averaged. The statistics of a Gaussian base are its fit. */
export type NetworkFlowParams<L> = {
  readonly weights: {
    readonly norm: ActNorm<L>
    readonly encoder: Tree<L>
    readonly tail: Tail<L>
    readonly couplings: readonly { readonly net: Tree<L>; readonly tail: Tail<L> }[]
  }
  readonly statistics: readonly [] | readonly [GaussianArrays<L>]
}

const fail = (message: string): never => {
  throw new TweedieError('input', `networkFlow: ${message}`)
}

/** Networks of one flow start from different weights. */
const seedOf = (seed: number, which: number): number => 1009 * seed + which

const initTail = (io: number, outputs: number): Tail<NdArray> => ({
  weight: zeros([outputs, io, 1, 1]),
  bias: zeros([outputs]),
})

/** Parameters of the transform at every point, from the output of a network. */
const parametersFrom = (output: Tensor, tail: Tail<Tensor>): Tensor => {
  const [b, io, ...space] = output.shape
  const raw = conv(reshape(output, [b, io, 1, sizeOf(space)]), tail)
  return reshape(raw, [b, raw.shape[1], ...space])
}

/**
 * 1 at the points that coupling k leaves alone: half of them at random; couplings 2i and 2i + 1
 * share a division, by turns.
 */
const pattern = (space: Shape, k: number): NdArray => {
  const points = sizeOf(space)
  const half = randomOrder(points, Math.floor(k / 2)).slice(0, Math.floor(points / 2))
  const values = new Array<number>(points).fill(k % 2)
  for (const i of half) values[i] = 1 - (k % 2)
  return ndarray(values, [1, 1, ...space])
}

/** x [B, c, ...] with zeros as further channels. */
const widened = (x: Tensor, channels: number): Tensor => {
  const [b, c, ...space] = x.shape
  return c === channels ? x : concat([x, constant(zeros([b, channels - c, ...space]))], 1)
}

/** y at the points of x. */
const atPoints = (y: Tensor, space: Shape): Tensor => (space.length === 2 ? conditionAt(y, space[0]) : y)

/**
 * Channels of y [C', ...space'] at the points of x, which an encoder needs at least; `undefined` when y does
 * not lie on them.
 */
export const channelsAt = (condition: Shape, space: Shape): number | undefined => {
  const at = space.length === 2 ? conditionShape(condition, space[0], space[1]) : condition
  return at && String(at.slice(1)) === String(space) ? at[0] : undefined
}

/** What keeps to the entries that are there: signals, parameters of a transform, what ActNorm moved. */
const onlyInside = (there: NdArray<'float32'> | undefined) => {
  if (!there)
    return {
      signal: (h: Tensor) => h,
      parameters: (raw: Tensor) => raw,
      moved: (_h: Tensor, moved: Moved, _norm: ActNorm<Tensor>, _sign: 1 | -1) => moved,
    }
  const mask = constant(reshaped(there, [1, ...there.shape]))
  const each = concat(
    Array.from({ length: affine.perEntry }, () => mask),
    1,
  )
  const entries = there.data.reduce((sum, v) => sum + v, 0)
  return {
    signal: (h: Tensor) => mul(h, mask),
    parameters: (raw: Tensor) => mul(raw, each),
    moved: (h: Tensor, moved: Moved, { logScale }: ActNorm<Tensor>, sign: 1 | -1): Moved => ({
      h: where(greater(mask, 0), moved.h, h),
      logdet: mul(sum(logScale), sign * entries),
    }),
  }
}

/** Networks of flows have no dropout; what they compute again matters where there are gradients only. */
const TRAINING: Training = {}

/** White noise, where nothing is known of x. */
const whiteNoise: Pick<Base, 'draw' | 'undo'> & { readonly mean?: Tensor } = {
  draw: (z) => ({ h: z, logdet: noChange(z) }),
  undo: (d) => ({ h: d, logdet: noChange(d) }),
}

/**
 * A conditional flow of networks. Fresh, it is the identity, or its base. `sample` takes fewer y than z, each
 * for as many draws in sequence. float32 only.
 *
 * @throws TweedieError `input` when the sizes do not fit, `shape` when x, y or z have other shapes
 *
 * @example
 * ```ts
 * const levels = { channels: [16], blocks: [1], emb: 16 }
 * const flow = networkFlow({
 *   event: [1, 28, 28],
 *   condition: [2, 28, 28], // y and its mask
 *   encoder: { kind: 'unet', io: 8, ...levels },
 *   coupling: { kind: 'unet', io: 9, ...levels },
 * })
 * const params = frozen(flow.init(0))
 * const draw = jit((y: Tensor, m: Tensor, z: Tensor) => flow.sample(params, maskedCondition(y, m), z).x)
 * ```
 */
export const networkFlow = (
  options: NetworkFlowOptions,
): Flow<NetworkFlowParams<NdArray>, NetworkFlowParams<Tensor>> => {
  const { event, condition, encoder, coupling, steps = 4, base, outside } = options
  const [channels, ...space] = event
  if (event.length < 2 || !(Number.isInteger(steps) && steps > 0))
    fail(`needs [C, ...space] of x and a positive number of couplings, got [${event}] and ${steps}`)
  const observed =
    channelsAt(condition, space) ?? fail(`y [${condition}] does not lie on the points [${space}] of x`)
  const read = observed + (base ? channels : 0)
  if (encoder.io < read || coupling.io !== channels + encoder.io) {
    const what = base ? 'the channels of y and of the mean of its base' : 'the channels of y'
    const needs = `the encoder needs io (its features) of at least ${read}, ${what}`
    fail(`${needs}, and the coupling io of ${channels} more; got ${encoder.io} and ${coupling.io}`)
  }
  const [reads, chooses] = [network(encoder), network(coupling)]
  const outputs = affine.perEntry * channels
  const there = outside && insideMask(event, outside)
  const only = onlyInside(there)
  const based = base && gaussianBase(base, event, condition, there)
  const start = ([fit]: NetworkFlowParams<Tensor>['statistics'], y: Tensor) =>
    based && fit ? based(fit, y) : whiteNoise
  const stays = Array.from({ length: steps }, (_, k) => pattern(space, k))
  const moves = stays.map((_, k) => pattern(space, k ^ 1))

  type Weights = NetworkFlowParams<Tensor>['weights']
  /** Networks are evaluated at noise level 1: they have no use for one. */
  const level = (x: Tensor): Tensor => constant(zeros([x.shape[0]], x.dtype))
  const features = ({ encoder: weights }: Weights, y: Tensor, mean?: Tensor): Tensor => {
    const seen = atPoints(y, space)
    const x = widened(mean ? concat([seen, mean], 1) : seen, encoder.io)
    return reads.apply(weights, x, level(x), TRAINING)
  }
  /** The parameters of coupling k, from the points that it leaves alone. */
  const chosen = ({ couplings }: Weights, k: number, h: Tensor, given: Tensor): Tensor => {
    const inside = concat([only.signal(mul(h, constant(stays[k]))), given], 1)
    const output = chooses.apply(couplings[k].net, inside, level(h), TRAINING)
    return only.parameters(mul(parametersFrom(output, couplings[k].tail), constant(moves[k])))
  }
  const then = (moved: Moved, next: (h: Tensor) => Moved): Moved => {
    const { h, logdet } = next(moved.h)
    return { h, logdet: add(moved.logdet, logdet) }
  }

  return {
    event,
    condition,
    init: (seed) => ({
      weights: {
        norm: initActNorm(),
        encoder: reads.init(seedOf(seed, 0)),
        tail: initTail(encoder.io, outputs),
        couplings: stays.map((_, k) => ({
          net: chooses.init(seedOf(seed, k + 1)),
          tail: initTail(coupling.io, outputs),
        })),
      },
      statistics: base ? [emptyFit(event, base)] : [],
    }),
    sample: ({ weights, statistics }, y, z) => {
      const draws = z.shape[0] / y.shape[0]
      expectRows('networkFlow', 'z', z, event, z.shape[0])
      expectRows('networkFlow', 'y', y, condition, Number.isInteger(draws) ? y.shape[0] : z.shape[0])
      const { mean, draw } = start(statistics, y)
      const encoded = features(weights, y, mean)
      const draft = repeat(only.parameters(parametersFrom(encoded, weights.tail)), draws)
      const each = repeat(encoded, draws)
      let moved = draw(z)
      for (let k = steps - 1; k >= 0; k--)
        moved = then(moved, (h) => affine.inverse(h, chosen(weights, k, h, each)))
      moved = then(moved, (h) => affine.inverse(h, draft))
      const { h, logdet } = then(moved, (h) =>
        only.moved(h, actNormInverse(h, weights.norm), weights.norm, 1),
      )
      return { x: mean ? add(h, repeat(mean, draws)) : h, logdet, statistics }
    },
    inverse: ({ weights, statistics }, x, y) => {
      expectRows('networkFlow', 'x', x, event, x.shape[0])
      expectRows('networkFlow', 'y', y, condition, x.shape[0])
      const { mean, undo } = start(statistics, y)
      const encoded = features(weights, y, mean)
      const apart = mean ? sub(x, mean) : x
      let moved = then(only.moved(apart, actNorm(apart, weights.norm), weights.norm, -1), (h) =>
        affine.forward(h, only.parameters(parametersFrom(encoded, weights.tail))),
      )
      for (let k = 0; k < steps; k++)
        moved = then(moved, (h) => affine.forward(h, chosen(weights, k, h, encoded)))
      const { h: z, logdet } = then(moved, undo)
      return { z, logdet }
    },
  }
}
