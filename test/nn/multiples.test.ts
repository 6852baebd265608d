/** Sides that the levels of a network do not divide. */
import { describe, expect, it } from 'vitest'
import { type Network, ncsnpp, unet, unet1d } from '../../src/nn/index.ts'
import { multipleOf, onMultiples } from '../../src/nn/multiples.ts'
import {
  jit,
  mul,
  type NdArray,
  ndarray,
  pad,
  type Shape,
  slice,
  type Tensor,
  type Tree,
  toNumbers,
} from '../../src/tensor/index.ts'
import { dropoutShapes } from '../dropout.ts'
import { wave, waveOf } from '../numbers.ts'

interface Case {
  readonly name: string
  readonly net: Network
  /** The same network as it is built for the wider space; default itself. */
  readonly wider?: Network
  readonly event: Shape
  readonly to: Shape
}

const levels = { channels: [8, 16, 16], blocks: [1, 1, 1], emb: 8 }
const biggan = { io: 1, width: 16, multipliers: [1, 2], blocks: 1, attention: [7], dropout: 0.5 }
const cases: readonly Case[] = [
  { name: 'unet 29×31', net: unet({ io: 2, ...levels }), event: [2, 29, 31], to: [32, 32] },
  {
    name: 'unet 28×27, attention, dropout',
    net: unet({ io: 1, ...levels, heads: [0, 0, 2], dropout: 0.5 }),
    event: [1, 28, 27],
    to: [28, 28],
  },
  {
    name: 'unet 5×13 unshuffled',
    net: unet({ io: 1, unshuffle: 2, ...levels }),
    event: [1, 5, 13],
    to: [8, 16],
  },
  { name: 'unet1d 47', net: unet1d({ io: 2, ...levels, dropout: 0.5 }), event: [2, 47], to: [48] },
  { name: 'unet1d 3 unshuffled', net: unet1d({ io: 1, unshuffle: 4, ...levels }), event: [1, 3], to: [16] },
  {
    name: 'ncsnpp 13×10',
    net: ncsnpp({ ...biggan, size: 13 }),
    wider: ncsnpp({ ...biggan, size: 14 }),
    event: [1, 13, 10],
    to: [14, 10],
  },
]

type Run = (params: Tree<Tensor>, x: Tensor, cNoise: Tensor) => Tensor

const output = async (net: Network, x: NdArray, run: Run): Promise<NdArray> => {
  const program = jit(run)
  const out = await program(net.init(2), x, ndarray(wave(x.shape[0], 1)))
  await program.release()
  return out
}

describe.each(cases)('$name', ({ net, wider = net, event, to }) => {
  const more = to.map((side, i) => side - event[1 + i])

  it('is the network over zeros up to a multiple, cut to the sides of x', async () => {
    const x = waveOf([2, ...event], 1)
    const got = await output(net, x, net.apply)
    const want = await output(net, x, (params, x, cNoise) => {
      const full = pad(x, [0, 0, ...to.map(() => 0)], [0, 0, ...more])
      return slice(wider.apply(params, full, cNoise), [], [2, ...event])
    })
    expect(got.shape).toEqual([2, ...event])
    expect(Math.max(...toNumbers(got).map(Math.abs))).toBeGreaterThan(0)
    expect(toNumbers(got)).toEqual(toNumbers(want))
  })

  it('has the dropout masks of the wider space', () => {
    expect(dropoutShapes(net, [2, ...event])).toEqual(dropoutShapes(wider, [2, event[0], ...to]))
    expect(net.dropouts).toBe(dropoutShapes(net, [2, ...event]).length)
    expect(net.dropouts > 0).toBe(net.dropout > 0)
  })
})

it('adds nothing where the sides are multiples', async () => {
  const program = jit((x: Tensor) => {
    const out = onMultiples(x, [4, 3], (same) => {
      expect(same).toBe(x)
      return mul(same, 2)
    })
    expect(out).toBe(mul(x, 2)) // equal nodes are shared: no node but this one
    return out
  })
  await program(waveOf([1, 1, 8, 6], 1))
  await program.release()
  expect([multipleOf(8, 4), multipleOf(9, 4), multipleOf(1, 1)]).toEqual([8, 12, 1])
})
