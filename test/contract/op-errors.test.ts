/** What ops say when tensors do not fit: one line that names the op and the shapes or dtypes. */
import { describe, expect, test } from 'vitest'
import { TweedieError } from '../../src/error.ts'
import * as t from '../../src/tensor/index.ts'
import { constant, type DType, input, ndarray, type Tensor } from '../../src/tensor/index.ts'

const float = (...shape: number[]): Tensor => input('float32', shape)
const of = (dtype: DType, ...shape: number[]): Tensor => input(dtype, shape)

const images = float(2, 3, 8, 8)
const cases: readonly (readonly [() => unknown, string])[] = [
  [() => t.add(float(2, 3), float(4)), 'add: shapes [2,3] and [4] do not broadcast'],
  [() => t.sub(float(2), of('float64', 2)), 'sub: dtypes differ (float32[2] and float64[2])'],
  [() => t.mul(of('bool', 2), of('bool', 2)), 'mul: expected float32, float64, int32 or int64, got bool[2]'],
  [() => t.add(of('uint8', 2), 1), 'add: expected float32, float64, int32 or int64, got uint8[2]'],
  [() => t.mul(of('int32', 2), 0.5), 'mul: 0.5 is not a value of dtype int32'],
  [() => t.add(of('float64', 2), constant(ndarray([0]))), 'add: dtypes differ (float64[2] and float32[1])'],
  [() => t.add(1, 2), 'add: at least one operand must be a tensor'],
  [() => t.pow(of('int32', 2), 2), 'pow: expected float32 or float64, got int32[2]'],
  [() => t.exp(of('int64', 2)), 'exp: expected float32 or float64, got int64[2]'],
  [() => t.erf(of('float64', 2)), 'erf: expected float32, got float64[2]'],
  [() => t.and(float(2), of('bool', 2)), 'and: dtypes differ (float32[2] and bool[2])'],
  [() => t.or(float(2), float(2)), 'or: expected bool, got float32[2]'],
  [() => t.not(float(2)), 'not: expected bool, got float32[2]'],
  [() => t.where(float(2), 1, float(2)), 'where: the condition must be bool, got float32[2]'],
  [() => t.where(of('bool', 2), float(2), of('int32', 2)), 'where: dtypes differ (float32[2] and int32[2])'],
  [() => t.where(of('bool', 2), 1, 0), 'where: at least one operand must be a tensor'],
  [() => t.where(of('bool', 3), float(2), 0), 'where: shapes [3] and [2] do not broadcast'],
  [() => t.sum(float(2, 3), { axes: 2 }), 'sum: axis 2 is outside a tensor of rank 2'],
  [() => t.mean(float(2, 3), { axes: [0, -2] }), 'mean: repeated axis in [0,0]'],
  [() => t.mean(of('int32', 2)), 'mean: expected float32 or float64, got int32[2]'],
  [() => t.max(float(0, 3)), 'max: nothing to reduce in [0,3]'],
  [() => t.sum(of('bool', 2)), 'sum: expected float32, float64, int32 or int64, got bool[2]'],
  [() => t.logsumexp(float(2), { axes: 1 }), 'logsumexp: axis 1 is outside a tensor of rank 1'],
  [() => t.softmax(float(2), 1), 'softmax: axis 1 is outside a tensor of rank 1'],
  [() => t.softmax(of('int32', 2)), 'softmax: expected float32 or float64, got int32[2]'],
  [() => t.logSoftmax(float()), 'logSoftmax: axis -1 is outside a tensor of rank 0'],
  [() => t.broadcastTo(float(2), [3]), 'broadcastTo: shapes [2] and [3] do not broadcast'],
  [() => t.broadcastTo(float(2), [1]), 'broadcastTo: [2] does not broadcast to [1]'],
  [() => t.sumTo(float(1), [2]), 'sumTo: [2] does not broadcast to [1]'],
  [() => t.reshape(float(2, 3), [4]), 'reshape: [2,3] has 6 elements, [4] does not fit'],
  [() => t.reshape(float(2, 3), [-1, 4]), 'reshape: [2,3] has 6 elements, [-1,4] does not fit'],
  [() => t.reshape(float(2, 3), [-2, -3]), 'reshape: [2,3] has 6 elements, [-2,-3] does not fit'],
  [() => t.expandDims(float(2), 3), 'expandDims: axis 3 is outside a tensor of rank 2'],
  [() => t.alignTo(float(2, 1), float(2)), 'alignTo: [2,1] has more axes than [2]'],
  [() => t.transpose(float(2, 3), [0, 0]), 'transpose: [0,0] is not a permutation of the axes of [2,3]'],
  [() => t.transpose(float(2, 3), [0]), 'transpose: [0] is not a permutation of the axes of [2,3]'],
  [() => t.matrixTranspose(float(2)), 'matrixTranspose: float32[2] is not a matrix'],
  [() => t.slice(float(4), [2], [2]), 'slice: [2] to [2] by [1] selects nothing of [4]'],
  [() => t.slice(float(4), [0], [4], [-1]), 'slice: [0] to [4] by [-1] selects nothing of [4]'],
  [() => t.slice(float(4), [0, 0], [4]), 'slice: [0,0] to [4] by [1] selects nothing of [4]'],
  [() => t.pad(float(2, 2), [1], [1, 0]), 'pad: [1] and [1,0] do not fit [2,2]'],
  [() => t.pad(float(2), [-1], [0]), 'pad: [-1] and [0] do not fit [2]'],
  [() => t.concat([]), 'concat: needs at least one tensor'],
  [() => t.concat([float(2, 3), float(2, 4)]), 'concat: float32[2,3], float32[2,4] do not join along axis 0'],
  [() => t.concat([float(2), of('int32', 2)]), 'concat: float32[2], int32[2] do not join along axis 0'],
  [() => t.split(float(5), 2), 'split: axis 0 of [5] cannot be cut into [2.5,2.5]'],
  [() => t.split(float(5), [2, 2]), 'split: axis 0 of [5] cannot be cut into [2,2]'],
  [() => t.stack([float(2), float(3)]), 'concat: float32[1,2], float32[1,3] do not join along axis 0'],
  [() => t.flip(float(2), 1), 'flip: axis 1 is outside a tensor of rank 1'],
  [() => t.take(float(3), [3]), 'take: index 3 is outside an axis of size 3'],
  [() => t.take(float(3), [-4]), 'take: index -4 is outside an axis of size 3'],
  [() => t.take(float(3), [0.5]), 'take: indices must be integers, got [0.5]'],
  [() => t.take(float(3), float(2)), 'take: indices must be int32 or int64, got float32'],
  [
    () => t.scatterAdd(float(2, 3), of('int64', 2), [5, 4]),
    'scatterAdd: [2,3] with indices [2] does not fit [5,4]',
  ],
  [() => t.matmul(float(2, 3), float(4, 5)), 'matmul: float32[2,3] times float32[4,5] does not fit'],
  [
    () => t.matmul(float(2, 3), float(3, 5), { transA: true }),
    'matmul: float32[2,3]ᵀ times float32[3,5] does not fit',
  ],
  [() => t.matmul(float(3), float(3, 5)), 'matmul: float32[3] times float32[3,5] does not fit'],
  [
    () => t.matmul(float(2, 2, 3), float(3, 3, 5)),
    'matmul: float32[2,2,3] times float32[3,3,5] does not fit',
  ],
  [() => t.matmul(float(2, 3), of('float64', 3, 5)), 'matmul: float32[2,3] times float64[3,5] does not fit'],
  [
    () => t.conv2d(images, float(4, 2, 3, 3)),
    'conv2d: input float32[2,3,8,8] does not fit weights float32[4,2,3,3]',
  ],
  [() => t.conv2d(of('float64', 1, 1, 4, 4), images), 'conv2d: expected float32, got float64[1,1,4,4]'],
  [
    () => t.conv2d(images, float(4, 3, 3, 3), { bias: float(3) }),
    'conv2d: bias float32[3] does not fit weights float32[4,3,3,3]',
  ],
  [
    () => t.conv2d(images, float(4, 3, 9, 3)),
    'conv2d: kernel 9×3 is larger than the input [2,3,8,8] with padding 0',
  ],
  [
    () => t.conv2d(images, float(4, 3, 3, 3), { stride: 0 }),
    'conv2d: stride 0 must be ≥ 1 and padding 0 ≥ 0, both integers',
  ],
  [
    () => t.conv2d(images, float(4, 3, 1, 9), { padding: [1, 0] }),
    'conv2d: kernel 1×9 is larger than the input [2,3,8,8] with padding [1, 0]',
  ],
  [
    () => t.convTranspose2d(images, float(4, 3, 3, 3), { size: [10, 10] }),
    'convTranspose2d: input float32[2,3,8,8] does not fit weights float32[4,3,3,3]',
  ],
  [
    () => t.convTranspose2d(images, float(3, 4, 3, 3), { size: [8, 8] }),
    'convTranspose2d: images [8,8] become [6,6], not [8,8]',
  ],
  [
    () => t.upsample(images, 1.5),
    'upsample: [2,3,8,8] is not an image batch [B, C, H, W] that fits the factor 1.5',
  ],
  [
    () => t.sumPool(images, 3),
    'sumPool: [2,3,8,8] is not an image batch [B, C, H, W] that fits the factor 3',
  ],
  [
    () => t.avgPool(float(8, 8), 2),
    'sumPool: [8,8] is not an image batch [B, C, H, W] that fits the factor 2',
  ],
  [() => t.pixelUnshuffle(images, 3), 'pixelUnshuffle: [2,3,8,8] is not an image batch divisible by 3'],
  [
    () => t.pixelShuffle(images, 2),
    'pixelShuffle: [2,3,8,8] is not an image batch with channels divisible by 4',
  ],
  [() => t.layerNorm(float(3), { axis: 1 }), 'layerNorm: axis 1 is outside a tensor of rank 1'],
  [() => t.layerNorm(of('int32', 3)), 'layerNorm: expected float32 or float64, got int32[3]'],
  [
    () => t.attention(float(1, 2, 6), float(1, 2, 6), float(1, 2, 6), 4),
    'attention: queries [1,2,6] do not split into 4 heads',
  ],
  [
    () => t.attention(float(1, 2, 6), float(1, 3, 4), float(1, 3, 4), 2),
    'attention: keys [1,3,4] and values [1,3,4] do not fit queries [1,2,6]',
  ],
]

describe('errors of ops', () => {
  test.each(cases.map(([make, message]) => ({ make, message })))('$message', ({ make, message }) => {
    try {
      make()
    } catch (error) {
      expect(error).toBeInstanceOf(TweedieError)
      expect(error).toMatchObject({ code: 'shape', message })
      return
    }
    expect.unreachable('no error')
  })
})
