/** Networks of every kind. A new kind joins the list. */
import type { NetworkConfig } from '../../../src/nn/index.ts'
import type { Shape } from '../../../src/tensor/index.ts'
import { wave } from '../../numbers.ts'

/** A network and what is known about it. */
export interface ListedNetwork {
  readonly config: NetworkConfig
  readonly event: Shape
  /** Parameters, counted by hand. */
  readonly count: number
}

const product = (i: number, o: number, k = 1) => i * o * k + o
const modulation = (emb: number, c: number) => product(emb, emb) + product(emb, 3 * c)
/** A residual block whose convolutions have kernels of k points. */
const residual = (emb: number, c: number, k: number) => modulation(emb, c) + 2 * product(c, c, k)
/** A U-Net of two levels of one block each. */
const twoLevels = (emb: number, [i, o]: readonly number[], [a, b]: readonly number[], k: number) =>
  product(i, a, k) +
  2 * residual(emb, a, k) +
  product(a, b, k) +
  2 * residual(emb, b, k) +
  product(a + b, a, k) +
  product(a, o)

const two = { channels: [16, 32], blocks: [1, 1], emb: 8 }
/** Points in space in no special order. */
const cloud = Array.from({ length: 20 }, (_, i) => wave(3, 7 * i))
/**
 * The vertex itself, the mean of its neighbours, and three slopes, where an image has nine
 * taps; positions as inputs.
 */
const graphLevels = twoLevels(8, [4, 1], [16, 32], 5)

/** A BigGAN block with an embedding of 64 features. */
const biggan = (i: number, o: number, resized = false) =>
  2 * i +
  product(i, o, 9) +
  product(64, o) +
  2 * o +
  product(o, o, 9) +
  (i !== o || resized ? product(i, o) : 0)
const attends = (c: number) => 2 * c + 4 * product(c, c)
const ncsnpp =
  product(16, 64) +
  product(64, 64) +
  product(2, 16, 9) +
  (biggan(16, 16) + biggan(16, 16, true) + product(2, 16, 9)) +
  (biggan(16, 32) + attends(32)) +
  (2 * biggan(32, 32) + attends(32)) +
  (biggan(64, 32) + biggan(48, 32) + attends(32) + biggan(32, 32, true)) +
  (biggan(48, 16) + biggan(32, 16)) +
  (2 * 16 + product(16, 2, 9))

/** Every kind of network. */
export const networkCases: readonly ListedNetwork[] = [
  {
    config: {
      kind: 'ncsnpp',
      io: 2,
      size: 8,
      width: 16,
      multipliers: [1, 2],
      blocks: 1,
      attention: [4],
      dropout: 0,
    },
    event: [2, 8, 4],
    count: ncsnpp,
  },
  {
    config: {
      kind: 'ncsnpp',
      io: 2,
      size: 7,
      width: 16,
      multipliers: [1, 2],
      blocks: 1,
      attention: [4],
      dropout: 0,
    },
    event: [2, 7, 5],
    count: ncsnpp,
  },
  {
    config: { kind: 'mlp', features: 6, hidden: [16], emb: 8 },
    event: [6],
    count: 14 * 16 + 16 + 16 * 6 + 6,
  },
  { config: { kind: 'unet', io: 2, ...two }, event: [2, 4, 6], count: twoLevels(8, [2, 2], [16, 32], 9) },
  { config: { kind: 'unet', io: 2, ...two }, event: [2, 5, 3], count: twoLevels(8, [2, 2], [16, 32], 9) },
  { config: { kind: 'unet1d', io: 2, ...two }, event: [2, 11], count: twoLevels(8, [2, 2], [16, 32], 3) },
  { config: { kind: 'unet1d', io: 2, ...two }, event: [2, 12], count: twoLevels(8, [2, 2], [16, 32], 3) },
  {
    config: { kind: 'unet1d', io: 1, unshuffle: 3, ...two },
    event: [1, 12],
    count: twoLevels(8, [3, 3], [16, 32], 3),
  },
  {
    config: { kind: 'sphere', io: 1, grid: [5, 12], ...two },
    event: [1, 61],
    count: twoLevels(8, [3, 1], [16, 32], 9),
  },
  {
    config: { kind: 'sphere', io: 1, grid: [5, 12], unshuffle: 2, ...two },
    event: [1, 61],
    count: twoLevels(8, [12, 4], [16, 32], 9),
  },
  { config: { kind: 'graph', io: 1, mesh: cloud, k: 4, ...two }, event: [1, 22], count: graphLevels },
]
