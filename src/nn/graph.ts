/**
 * A U-Net over the vertices of a mesh that knows where they are. A vertex sees itself and its k nearest
 * neighbours, as their mean and their slopes along the axes of space (a convolution over gathered neighbours,
 * with a kernel that is linear in the offset; compare Simonovsky & Komodakis 2017); coarser levels are
 * farthest-point samples, and a fine vertex belongs to the nearest coarse one. The positions of the vertices
 * are three more input channels. Renumbering the vertices renumbers the output.
 */
import { TweedieError } from '../error.ts'
import {
  broadcastTo,
  concat,
  constant,
  matmul,
  type NdArray,
  ndarray,
  pad,
  reshape,
  slice,
  type Tensor,
  take,
  transpose,
} from '../tensor/index.ts'
import type { Lattice } from './lattice.ts'
import { linear } from './layers.ts'
import type { Network } from './network.ts'
import { io, networkKind, unfit } from './network-kind.ts'
import { farthestPoints, nearestOf, type Point, type Stencil, stencil } from './point-graph.ts'
import { checkedSizes, levelSettings, type UnetParams, type UnetSizes, unetBody } from './unet-body.ts'

/** Sizes of a network on a mesh. */
export interface GraphOptions extends UnetSizes {
  /** Channels of the signal, in and out. */
  readonly io: number
  /** The vertices: points in space. */
  readonly mesh: readonly Point[]
  /** Neighbours that a vertex sees, default 8. */
  readonly k?: number
  /** How many times fewer vertices each level has than the one above it, default 4. */
  readonly factor?: number
}

const settings = {
  ...levelSettings,
  mesh: { kind: 'points', required: true, description: 'the mesh that the signal lies on' },
  k: { kind: 'integer', min: 1, default: 8, description: 'neighbours that a vertex sees' },
  factor: {
    kind: 'number',
    above: 1,
    default: 4,
    description: 'how many times fewer vertices each level has than the one above it',
  },
} as const

/** Moved to their mean and scaled to mean square 1. */
const standardised = (points: readonly Point[]): Point[] => {
  const n = points.length
  const centre = points[0].map((_, i) => points.reduce((total, p) => total + p[i], 0) / n)
  const moved = points.map((p) => p.map((v, i) => v - centre[i]))
  const scale = Math.sqrt(moved.flat().reduce((total, v) => total + v * v, 0) / (n * centre.length))
  return moved.map((p) => p.map((v) => v / scale))
}

/**
 * The vertices of one level, how they gather among themselves and from the level above, and whose they are
 * there.
 */
interface Level {
  readonly points: readonly Point[]
  readonly same: Stencil
  readonly fromAbove?: Stencil
  /** For each vertex of the level above, the vertex of this one that it belongs to. */
  readonly owners: readonly number[]
}

const levelsOf = (points: readonly Point[], count: number, k: number, factor: number): Level[] => {
  const all = points.map((_, i) => i)
  const levels: Level[] = [{ points, same: stencil(points, all, k), owners: [] }]
  for (let i = 1; i < count; i++) {
    const above = levels[i - 1].points
    const chosen = farthestPoints(above, Math.ceil(above.length / factor))
    const kept = chosen.map((j) => above[j])
    const own = kept.map((_, j) => j)
    levels.push({
      points: kept,
      same: stencil(kept, own, k),
      fromAbove: stencil(above, chosen, k),
      owners: nearestOf(above, chosen),
    })
  }
  return levels
}

/**
 * [V, B, C] → [V', B, (1 + 1 + dimensions) C]: the vertex itself, the mean of its neighbours, their slopes.
 */
const gathered = (x: Tensor, { own, neighbours, basis }: Stencil): Tensor => {
  const [, b, c] = x.shape
  const [v, k] = [own.length, neighbours.length / own.length]
  const parts = basis.length / neighbours.length
  const around = reshape(take(x, neighbours), [v, k, b * c])
  const mixed = matmul(constant(ndarray(basis, [v, parts, k], x.dtype)), around)
  const perSample = reshape(transpose(reshape(mixed, [v, parts, b, c]), [0, 2, 1, 3]), [v, b, parts * c])
  const itself = own.length === x.shape[0] ? x : take(x, own)
  return concat([itself, perSample], 2)
}

/** Features [V, B, C] on the vertices of several levels; `levels` are found when they are first needed. */
const vertices = (levels: () => readonly Level[], dimensions: number): Lattice => ({
  axis: 2,
  rowAxis: 1,
  init: (draw, name, inputs, outputs) => draw.linear(name, (2 + dimensions) * inputs, outputs),
  initPoint: (draw, name, inputs, outputs) => draw.linear(name, inputs, outputs),
  convolve: (x, weights, level) => linear(gathered(x, levels()[level].same), weights),
  down: (x, weights, level) => {
    const { fromAbove } = levels()[level]
    if (!fromAbove) throw new TweedieError('shape', 'graph: the finest level has none above it')
    return linear(gathered(x, fromAbove), weights)
  },
  up: (x, level) => take(x, levels()[level].owners),
  point: linear,
  spread: (t) => t,
  tokens: (x) => transpose(x, [1, 0, 2]),
  untokens: (tokens) => transpose(tokens, [1, 0, 2]),
})

const once = <T>(make: () => T): (() => T) => {
  let made: { value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

/**
 * A U-Net over [B, io, V] for signals on the first vertices of V, as many as the mesh has. What follows them
 * is padding: it is not read, and the output there is 0 (under the preconditioning of the denoiser:
 * independent standard normals).
 *
 * @throws TweedieError `input` when the options contradict each other or a level has no more than k vertices,
 * `shape` when a signal does not fit
 *
 * @example
 * ```ts
 * const mesh = meshPoints('bunny')
 * const net = graph({ io: 1, mesh, channels: [32, 64, 64], blocks: [1, 2, 2] }) // for [B, 1, 1896]
 * const params = net.init(0)
 * ```
 */
export const graph = (options: GraphOptions): Network<UnetParams<NdArray>, UnetParams<Tensor>> => {
  const sizes = checkedSizes('graph', options)
  const { io, mesh, k = settings.k.default, factor = settings.factor.default } = options
  const points = standardised(mesh)
  const dimensions = points[0].length
  const coarsest = sizes.channels.slice(1).reduce((n) => Math.ceil(n / factor), points.length)
  if (!(Number.isInteger(k) && k > 0 && factor > 1 && coarsest > k)) {
    throw new TweedieError(
      'input',
      'graph: expected k ≥ 1 neighbours and a factor above 1 that leaves more than k of the ' +
        `${points.length} vertices on the coarsest level, got k ${k}, factor ${factor}, ${coarsest} ` +
        'vertices',
    )
  }
  const n = points.length
  const levels = once(() => levelsOf(points, sizes.channels.length, k, factor))
  const body = unetBody({ inputs: io + dimensions, outputs: io }, sizes, vertices(levels, dimensions))
  return {
    dropout: sizes.dropout,
    dropouts: body.dropouts,
    init: body.init,
    apply: (params, x, cNoise, training) => {
      const [b, c, length] = x.shape
      if (x.shape.length !== 3 || c !== io || length < n) {
        throw new TweedieError(
          'shape',
          `graph: expected [B, ${io}, V] with V at least ${n}, the vertices of the mesh, got [${x.shape}]`,
        )
      }
      const signal = transpose(slice(x, [0, 0, 0], [b, io, n]), [2, 0, 1])
      const places = constant(ndarray(points.flat(), [n, 1, dimensions], x.dtype))
      const features = concat([signal, broadcastTo(places, [n, b, dimensions])], 2)
      const out = transpose(body.apply(params, features, cNoise, training), [1, 2, 0])
      return pad(out, [0, 0, 0], [0, 0, length - n])
    },
  }
}

/** The network on a mesh in configurations and checkpoints. */
export const graphKind = networkKind({
  kind: 'graph',
  summary: 'U-Net over the nearest neighbours of the vertices of a mesh',
  spatial: true,
  settings,
  sizes: { io },
  sizesFor: ({ mesh: { length } }, event) => {
    if (event.length !== 2 || event[1] < length)
      throw unfit(
        `a graph of ${length} vertices needs signals [C, V] with V ≥ ${length}, the data are [${event}]`,
      )
    return { io: event[0] }
  },
  make: graph,
})
