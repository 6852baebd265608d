/**
 * Multi-scale conditional flow over images, with convolutional couplings (Dinh et al. 2017, section 3.6;
 * Kingma & Dhariwal 2018; conditioning as in Ardizzone et al. 2019). Each level turns cells of pixels into
 * channels, makes a few steps of (ActNorm, coupling over channels, fixed random order of the channels), and
 * leaves half of the channels as they are for the levels below it. Every coupling is given y at its own
 * resolution. z has the shape of the image.
 */
import { TweedieError } from '../error.ts'
import {
  add,
  concat,
  type NdArray,
  pixelShuffle,
  pixelUnshuffle,
  type Shape,
  split,
  type Tensor,
} from '../tensor/index.ts'
import { type ActNorm, actNorm, actNormInverse, initActNorm } from './actnorm.ts'
import { affine } from './affine.ts'
import { coupling, couplingInverse, halves } from './coupling.ts'
import { expectRows, type Flow, type Moved, noChange } from './flow.ts'
import {
  conditionAt,
  conditionShape,
  type ImageConditioner,
  imageConditioned,
  initImageConditioner,
} from './image-conditioner.ts'
import { movedAgain, type StepMemory } from './moved-again.ts'
import { inverseOrder, type Order, permute, randomOrder } from './permutation.ts'

/** Sizes of an image flow. */
export interface ImageFlowOptions extends StepMemory {
  /** Shape [C, H, W] of x. */
  readonly event: Shape
  /**
   * Shape [C', H', W'] of y: at every level its height and width are an integer multiple of those there, or
   * the reverse. With `maskedCondition`, C' counts the mask.
   */
  readonly condition: Shape
  /**
   * For each level, the side of the cells that become channels; default [2, 2]. Together they must divide H
   * and W.
   */
  readonly cells?: readonly number[]
  /** Steps of each level, default 8. */
  readonly steps?: number
  /** Channels of the conditioners, default 32. */
  readonly hidden?: number
}

type Step<L> = { readonly norm: ActNorm<L>; readonly net: ImageConditioner<L> }

/** Steps by level, from x to z; nothing is averaged. */
export type ImageFlowParams<L> = {
  readonly weights: readonly (readonly Step<L>[])[]
  readonly statistics: readonly []
}

/** The fixed part of a level. */
interface Level {
  readonly cell: number
  /** Channels, height and width after the cells have become channels. */
  readonly shape: Shape
  /** Orders of the channels, one for each step. */
  readonly orders: readonly Order[]
  readonly conditionChannels: number
  readonly rematerialise?: boolean
}

const fail = (message: string): never => {
  throw new TweedieError('input', `imageFlow: ${message}`)
}

const levelsOf = ({
  event,
  condition,
  cells = [2, 2],
  steps = 8,
  rematerialise,
}: ImageFlowOptions): Level[] => {
  let [c, h, w] = event
  return cells.map((cell, i) => {
    const shape = [c * cell * cell, h / cell, w / cell]
    if (!shape.every((v) => Number.isInteger(v) && v > 0) || shape[0] < 2) {
      fail(`level ${i} cannot cut [${[c, h, w]}] into cells of side ${cell} with at least 2 channels`)
    }
    const y = conditionShape(condition, shape[1], shape[2])
    if (!y) return fail(`y [${condition}] fits no multiple of level ${i}, which is ${shape[1]} × ${shape[2]}`)
    ;[c, h, w] = [halves(shape[0])[0], shape[1], shape[2]]
    // Levels count apart from steps, so that no two orders are alike.
    const orders = Array.from({ length: steps }, (_, k) => randomOrder(shape[0], 1000 * (i + 1) + k))
    return { cell, shape, orders, conditionChannels: y[0], rematerialise }
  })
}

const toChannels = (x: Tensor, cell: number): Tensor => (cell === 1 ? x : pixelUnshuffle(x, cell))
const toPixels = (x: Tensor, cell: number): Tensor => (cell === 1 ? x : pixelShuffle(x, cell))

/** x → z through the steps of a level. */
const forwardSteps = (
  h: Tensor,
  y: Tensor,
  steps: readonly Step<Tensor>[],
  { orders, rematerialise }: Level,
): Moved => {
  let moved: Moved = { h, logdet: noChange(h) }
  for (const [k, w] of steps.entries()) {
    const next = movedAgain(
      rematerialise,
      ({ w: { norm, net }, h, y }) => {
        const scaled = actNorm(h, norm)
        const coupled = coupling(scaled.h, affine, (stays) => imageConditioned(net, stays, y))
        return { h: permute(coupled.h, orders[k]), logdet: add(scaled.logdet, coupled.logdet) }
      },
      { w, h: moved.h, y },
    )
    moved = { h: next.h, logdet: add(moved.logdet, next.logdet) }
  }
  return moved
}

/** z → x through the steps of a level. */
const backwardSteps = (
  h: Tensor,
  y: Tensor,
  steps: readonly Step<Tensor>[],
  { orders, rematerialise }: Level,
): Moved => {
  let moved: Moved = { h, logdet: noChange(h) }
  for (let k = steps.length - 1; k >= 0; k--) {
    const next = movedAgain(
      rematerialise,
      ({ w: { norm, net }, h, y }) => {
        const back = permute(h, inverseOrder(orders[k]))
        const coupled = couplingInverse(back, affine, (stays) => imageConditioned(net, stays, y))
        const scaled = actNormInverse(coupled.h, norm)
        return { h: scaled.h, logdet: add(scaled.logdet, coupled.logdet) }
      },
      { w: steps[k], h: moved.h, y },
    )
    moved = { h: next.h, logdet: add(moved.logdet, next.logdet) }
  }
  return moved
}

/**
 * A conditional flow over images. Fresh, it is a permutation of the entries. float32
 * only, as convolutions are.
 *
 * @throws TweedieError `input` when the sizes do not fit, `shape` when x, y or z have other shapes
 *
 * @example
 * ```ts
 * const flow = imageFlow({ event: [1, 28, 28], condition: [2, 28, 28] }) // y and its mask
 * const params = frozen(flow.init(0))
 * const draw = jit((y: Tensor, m: Tensor, z: Tensor) => flow.sample(params, maskedCondition(y, m), z).x)
 * ```
 */
export const imageFlow = (
  options: ImageFlowOptions,
): Flow<ImageFlowParams<NdArray>, ImageFlowParams<Tensor>> => {
  const { event, condition, steps = 8, hidden = 32 } = options
  const sizes = [...event, ...condition, ...(options.cells ?? [2]), steps, hidden]
  if (event.length !== 3 || condition.length !== 3 || sizes.some((v) => !(Number.isInteger(v) && v > 0))) {
    const got = `[${event}], [${condition}], ${steps} steps of ${hidden}`
    fail(`needs [C, H, W] of x and y and positive sizes, got ${got}`)
  }
  const levels = levelsOf(options)
  const check = (what: string, h: Tensor, y: Tensor): void => {
    expectRows('imageFlow', what, h, event, h.shape[0])
    expectRows('imageFlow', 'y', y, condition, h.shape[0])
  }

  /** The channels that go on to the next level, sent through it. */
  const below = (h: Tensor, i: number, through: (h: Tensor, i: number) => Moved): Moved => {
    if (i + 1 === levels.length) return { h, logdet: noChange(h) }
    const [goes, stays] = split(h, halves(h.shape[1]), 1)
    const gone = through(goes, i + 1)
    return { h: concat([gone.h, stays], 1), logdet: gone.logdet }
  }

  return {
    event,
    condition,
    init: (seed) => ({
      weights: levels.map(({ shape, orders, conditionChannels }, i) => {
        const [signal, moves] = halves(shape[0])
        const net = { signal, condition: conditionChannels, hidden, outputs: affine.perEntry * moves }
        return orders.map((_, k) => ({
          norm: initActNorm(),
          net: initImageConditioner(seed, `${i}.${k}`, net),
        }))
      }),
      statistics: [],
    }),
    sample: ({ weights }, y, z) => {
      check('z', z, y)
      const backward = (h: Tensor, i: number): Moved => {
        const deep = below(toChannels(h, levels[i].cell), i, backward)
        const here = backwardSteps(deep.h, conditionAt(y, levels[i].shape[1]), weights[i], levels[i])
        return { h: toPixels(here.h, levels[i].cell), logdet: add(deep.logdet, here.logdet) }
      }
      const { h: x, logdet } = backward(z, 0)
      return { x, logdet, statistics: [] }
    },
    inverse: ({ weights }, x, y) => {
      check('x', x, y)
      const forward = (h: Tensor, i: number): Moved => {
        const level = levels[i]
        const here = forwardSteps(
          toChannels(h, level.cell),
          conditionAt(y, level.shape[1]),
          weights[i],
          level,
        )
        const deep = below(here.h, i, forward)
        return { h: toPixels(deep.h, level.cell), logdet: add(deep.logdet, here.logdet) }
      }
      const { h: z, logdet } = forward(x, 0)
      return { z, logdet }
    },
  }
}
