/**
 * A U-Net that knows that its points lie on a sphere: a grid of latitudes and longitudes, unfolded to an
 * image.
 *
 * - Longitude closes on itself: convolutions wrap around, at every level.
 * - Beyond a pole a meridian goes on with the opposite one. The rows that fill the finest grid to a size that
 *   divides are made of these (row k of the opposite meridian for row −k); within the network the outermost
 *   row is repeated, since half a turn is no whole number of columns on coarse levels, and a row at a pole is
 *   one point anyway.
 * - Rows differ in size: (cos, sin) of the latitude are two more input channels.
 *
 * Turning a field by whole columns of the coarsest level turns the output exactly; with one level and no
 * unshuffling these are the columns of the grid.
 */
import { TweedieError } from '../error.ts'
import {
  broadcastTo,
  concat,
  constant,
  conv2d,
  flip,
  halo,
  type NdArray,
  ndarray,
  type Pair,
  pad,
  pixelShuffle,
  pixelUnshuffle,
  reshape,
  slice,
  type Tensor,
} from '../tensor/index.ts'
import { type Convolve, foldOf, images } from './lattice.ts'
import type { Network } from './network.ts'
import { io, networkKind, unfit } from './network-kind.ts'
import { checkedSizes, levelSettings, type UnetParams, type UnetSizes, unetBody } from './unet-body.ts'

/** Sizes of a network on the sphere. */
export interface SphereOptions extends UnetSizes {
  /** Channels of the field, in and out. */
  readonly io: number
  /**
   * Rows and columns of the grid, row-major in the list of points: rows from pole to pole, both included,
   * columns once around, evenly. Default [46, 90], four degrees.
   */
  readonly grid?: Pair
  /**
   * How many times coarser each level is than the one above it, in both directions; their product with
   * `unshuffle` divides the columns. Default: the smallest factors that divide what is left of the columns,
   * [2, 3, …] for 90.
   */
  readonly factors?: readonly number[]
  /**
   * Cells of unshuffle × unshuffle points become channels in front, and points again behind (default 1:
   * none).
   */
  readonly unshuffle?: number
}

const settings = {
  ...levelSettings,
  grid: {
    kind: 'pair',
    min: 1,
    default: [46, 90],
    description: 'rows from pole to pole, and columns',
  },
  factors: {
    kind: 'integers',
    min: 1,
    description: 'how many times coarser each level is than the one above it ([2, 3] for 90 columns)',
  },
  unshuffle: {
    kind: 'integer',
    min: 1,
    default: 1,
    description: 'cells of so many points each way become channels',
  },
} as const

/** Convolution around the sphere: columns wrap, the rows at the ends are repeated. */
const around: Convolve = (x, { weight, bias }, stride) =>
  conv2d(halo(halo(x, 3, 'wrap'), 2, 'edge'), weight, { bias, stride })

const smallestFactors = (columns: number, count: number): number[] => {
  const factors: number[] = []
  for (let rest = columns, f = 2; factors.length < count && f <= rest; ) {
    if (rest % f === 0) {
      factors.push(f)
      rest /= f
    } else f++
  }
  return factors
}

const checkGrid = ({
  channels,
  grid,
  unshuffle,
  factors,
}: Required<Pick<SphereOptions, 'channels' | 'grid' | 'unshuffle' | 'factors'>>): void => {
  const [rows, columns] = grid
  const fold = factors.reduce((a, b) => a * b, unshuffle)
  const whole = [rows, columns, ...factors].every((n) => Number.isInteger(n) && n > 1)
  if (!whole || factors.length !== channels.length - 1 || columns % fold || columns % 2) {
    throw new TweedieError(
      'input',
      `sphere: expected ${channels.length - 1} factors (one for each level but the finest) above 1 ` +
        `whose product with unshuffle ${unshuffle} divides the even number of columns of the grid ` +
        `[${grid}], got [${factors}]`,
    )
  }
}

/** x with `before` rows above and `after` below, of the meridians beyond the poles. */
const beyondPoles = (x: Tensor, before: number, after: number): Tensor => {
  const [, , rows, columns] = x.shape
  const opposite = (from: number, to: number) => {
    const band = slice(x, [0, 0, from], [x.shape[0], x.shape[1], to])
    const [west, east] = [
      slice(band, [0, 0, 0, 0], [...band.shape.slice(0, 3), columns / 2]),
      slice(band, [0, 0, 0, columns / 2]),
    ]
    return flip(concat([east, west], 3), 2)
  }
  const north = before > 0 ? [opposite(1, 1 + before)] : []
  const south = after > 0 ? [opposite(rows - 1 - after, rows - 1)] : []
  return concat([...north, x, ...south], 2)
}

/**
 * cos and sin of the latitude of each row [1, 2, rows, 1]; rows beyond a pole have those of the meridian they
 * lie on.
 */
const latitudes = (rows: number, before: number, after: number): NdArray => {
  const angles = Array.from(
    { length: before + rows + after },
    (_, i) => Math.PI / 2 - ((i - before) * Math.PI) / (rows - 1),
  )
  const values = [...angles.map((a) => Math.abs(Math.cos(a))), ...angles.map(Math.sin)]
  return ndarray(values, [1, 2, angles.length, 1])
}

/**
 * A U-Net over [B, io, V] for fields on a grid of the sphere in the first rows · columns of V points. What
 * follows them is padding: it is not read, and the output there is 0 (under the preconditioning of the
 * denoiser: independent standard normals, as good a guess as any).
 *
 * @throws TweedieError `input` when the options contradict each other, `shape` when a field does not fit
 *
 * @example
 * ```ts
 * const net = sphere({ io: 1, channels: [32, 64, 64], blocks: [1, 2, 2] }) // for [B, 1, 4144]
 * const params = net.init(0)
 * ```
 */
export const sphere = (options: SphereOptions): Network<UnetParams<NdArray>, UnetParams<Tensor>> => {
  const sizes = checkedSizes('sphere', options)
  const { io, grid = settings.grid.default, unshuffle = settings.unshuffle.default } = options
  const [rows, columns] = grid
  const { factors = smallestFactors(columns / unshuffle, sizes.channels.length - 1) } = options
  checkGrid({ ...sizes, grid, unshuffle, factors })
  const pairs = factors.map((f) => [f, f] as const)
  const cell = unshuffle * unshuffle
  const body = unetBody({ inputs: cell * (io + 2), outputs: cell * io }, sizes, images([3, 3], pairs, around))
  const fold = unshuffle * foldOf(pairs)[0]
  const height = fold * Math.ceil(rows / fold)
  const before = Math.floor((height - rows) / 2)
  const after = height - rows - before
  return {
    dropout: sizes.dropout,
    dropouts: body.dropouts,
    init: body.init,
    apply: (params, x, cNoise, training) => {
      const [b, c, points] = x.shape
      if (x.shape.length !== 3 || c !== io || points < rows * columns) {
        throw new TweedieError(
          'shape',
          `sphere: expected [B, ${io}, V] with V at least ${rows}·${columns} = ${rows * columns}, got ` +
            `[${x.shape}]`,
        )
      }
      const field = reshape(slice(x, [0, 0, 0], [b, io, rows * columns]), [b, io, rows, columns])
      const places = broadcastTo(constant(latitudes(rows, before, after)), [b, 2, height, columns])
      const image = pixelUnshuffle(concat([beyondPoles(field, before, after), places], 1), unshuffle)
      const out = pixelShuffle(body.apply(params, image, cNoise, training), unshuffle)
      const inside = slice(out, [0, 0, before], [b, io, before + rows])
      return pad(reshape(inside, [b, io, rows * columns]), [0, 0, 0], [0, 0, points - rows * columns])
    },
  }
}

/** The network on the sphere in configurations and checkpoints. */
export const sphereKind = networkKind({
  kind: 'sphere',
  summary: 'U-Net over a grid of latitudes and longitudes',
  spatial: true,
  settings,
  sizes: { io },
  sizesFor: ({ grid: [rows, columns] }, event) => {
    if (event.length !== 2 || event[1] < rows * columns)
      throw unfit(
        `a sphere of ${rows}×${columns} needs fields [C, V] with V ≥ ${rows * columns}, the data are ` +
          `[${event}]`,
      )
    return { io: event[0] }
  },
  make: sphere,
})
