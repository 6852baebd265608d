/**
 * Operators in use, over even, odd and non-square events. A new operator joins the list; those of
 * families are in it by themselves.
 */
import {
  averagePool,
  BOUNDARIES,
  bicubic,
  blur,
  clipping,
  compose,
  fourier,
  gaussianBlur,
  identity,
  jpeg,
  type LinearOperator,
  mask,
  multiCoilFourier,
  type Operator,
  phaseRetrieval,
  projection,
  radon,
  scaled,
  stacked,
} from '../../../src/operators/index.ts'
import { normal, stream, uniform } from '../../../src/random/index.ts'
import {
  type NdArray,
  ndarray,
  type Shape,
  sizeOf,
  type Tensor,
  toNumbers,
} from '../../../src/tensor/index.ts'
import { linearFamilies, nonlinearFamilies } from './families.ts'

/** An operator with parameters drawn per observation. */
export interface Listed {
  readonly name: string
  /** Parameters of a batch, as float64; those of sample i depend on i only. */
  parameters(batch: number): readonly NdArray[]
  operator(parameters: readonly Tensor[]): LinearOperator
}

/** Normals of a name, the same for sample i in every batch. */
export const values = (name: string, batch: number, event: Shape): NdArray =>
  drawn(batch, event, (i) => normal(stream(11, name), event, { observation: i }))

const bits = (name: string, batch: number, event: Shape): NdArray =>
  drawn(batch, event, (i) => {
    const u = uniform(stream(12, name), event, { observation: i })
    return ndarray(
      toNumbers(u).map((v) => (v < 0.5 ? 0 : 1)),
      event,
    )
  })

const drawn = (batch: number, event: Shape, row: (i: number) => NdArray): NdArray =>
  ndarray(Array.from({ length: batch }, (_, i) => toNumbers(row(i))).flat(), [batch, ...event], 'float64')

/** Every linear operator, over even, odd and non-square events, and one of each family. */
export const linearOperators: readonly Listed[] = [
  ...linearFamilies,
  ...[[5], [1, 4, 4], [3, 5, 7]].map((event) => ({
    name: `identity [${event}]`,
    parameters: () => [],
    operator: () => identity(event),
  })),
  ...[[6], [1, 4, 4], [3, 5, 7]].map((event) => ({
    name: `mask [${event}]`,
    parameters: (batch: number) => [bits('mask', batch, event)],
    operator: ([m]: readonly Tensor[]) => mask(m),
  })),
  {
    name: 'mask shared by channels [3,5,7]',
    parameters: (batch) => [bits('shared mask', batch, [1, 5, 7])],
    operator: ([m]) => mask(m, [3, 5, 7]),
  },
  ...(
    [
      [2, [5]],
      [7, [5]],
      [4, [2, 3, 3]],
    ] as const
  ).map(([m, event]) => ({
    name: `projection ${m} of [${event}]`,
    parameters: (batch: number) => [values('projection', batch, [m, sizeOf(event)])],
    operator: ([p]: readonly Tensor[]) => projection(p, event),
  })),
  ...BOUNDARIES.map((boundary) => ({
    name: `blur, ${boundary} [2,5,8]`,
    parameters: (batch: number) => [values('kernel', batch, [1, 3, 5])],
    operator: ([k]: readonly Tensor[]) => blur(k, [2, 5, 8], { boundary }),
  })),
  ...BOUNDARIES.map((boundary) => ({
    name: `blur of signals, ${boundary} [2,9]`,
    parameters: (batch: number) => [values('taps', batch, [2, 4])],
    operator: ([k]: readonly Tensor[]) => blur(k, [2, 9], { boundary }),
  })),
  {
    name: 'blur by a kernel of even size per channel [2,6,7]',
    parameters: (batch) => [values('even kernel', batch, [2, 4, 2])],
    operator: ([k]) => blur(k, [2, 6, 7], { boundary: 'zero' }),
  },
  {
    name: 'blur by a kernel larger than the image, circular [1,4,3]',
    parameters: (batch) => [values('large kernel', batch, [1, 7, 7])],
    operator: ([k]) => blur(k, [1, 4, 3], { boundary: 'circular' }),
  },
  ...BOUNDARIES.map((boundary) => ({
    name: `gaussian-blur, ${boundary} [2,7,6]`,
    parameters: () => [],
    operator: () => gaussianBlur([2, 7, 6], { sigma: 0.7, size: 5, boundary }),
  })),
  {
    name: 'gaussian-blur of signals [2,11]',
    parameters: () => [],
    operator: () => gaussianBlur([2, 11], { sigma: 0.7, size: 5 }),
  },
  ...[
    [2, 9, 6],
    [2, 9],
  ].map((event) => ({
    name: `average-pool by 3 [${event}]`,
    parameters: () => [],
    operator: () => averagePool(event, 3),
  })),
  ...(
    [
      [2, [1, 8, 8]],
      [3, [2, 9, 12]],
      [4, [1, 15, 10]],
      [3, [2, 10]],
    ] as const
  ).map(([factor, event]) => ({
    name: `bicubic by ${factor} [${event}]`,
    parameters: () => [],
    operator: () => bicubic(event, factor),
  })),
  ...[
    [1, 6, 6],
    [2, 5, 8],
  ].flatMap((event) => [
    {
      name: `fourier [${event}]`,
      parameters: (batch: number) => [bits('frequencies', batch, [1, event[1], event[2]])],
      operator: ([m]: readonly Tensor[]) => fourier(m, event),
    },
    {
      name: `fourier by columns, with a phase [${event}]`,
      parameters: (batch: number) => [
        bits('columns', batch, [1, 1, event[2]]),
        values('phase', batch, [1, event[1], event[2]]),
      ],
      operator: ([m, phase]: readonly Tensor[]) => fourier(m, event, { phase }),
    },
  ]),
  {
    name: 'multi-coil fourier, 3 coils [1,5,6]',
    parameters: (batch) => [bits('columns', batch, [1, 1, 6]), values('coils', batch, [6, 5, 6])],
    operator: ([m, s]) => multiCoilFourier(m, s, [1, 5, 6]),
  },
  {
    name: 'radon, 5 angles [2,6,5]',
    parameters: () => [],
    operator: () => radon([2, 6, 5], { angles: 5 }),
  },
  {
    name: 'bicubic after blur [1,8,6]',
    parameters: (batch) => [values('kernel', batch, [1, 3, 3])],
    operator: ([k]) => compose(bicubic([1, 8, 6], 2), blur(k, [1, 8, 6])),
  },
  {
    name: 'stack of mask and average-pool [1,4,6]',
    parameters: (batch) => [bits('mask', batch, [1, 4, 6])],
    operator: ([m]) => stacked([mask(m), averagePool([1, 4, 6], 2)]),
  },
  {
    name: 'scaled mask [1,4,6]',
    parameters: (batch) => [bits('mask', batch, [1, 4, 6])],
    operator: ([m]) => scaled(mask(m), -2.5),
  },
]

/** A non-linear operator with parameters drawn per observation. */
export interface ListedNonlinear {
  readonly name: string
  parameters(batch: number): readonly NdArray[]
  operator(parameters: readonly Tensor[]): Operator
}

/** Every non-linear operator. */
export const nonlinearOperators: readonly ListedNonlinear[] = [
  ...nonlinearFamilies,
  { name: 'phase retrieval [1,4,4]', parameters: () => [], operator: () => phaseRetrieval([1, 4, 4]) },
  {
    name: 'phase retrieval × 1.5 [2,3,5]',
    parameters: () => [],
    operator: () => phaseRetrieval([2, 3, 5], 1.5),
  },
  {
    name: 'clipping [2,3,5]',
    parameters: () => [],
    operator: () => clipping([2, 3, 5], { gain: 1.5, low: -1, high: 1 }),
  },
  {
    name: 'jpeg [2,9,16]',
    parameters: () => [],
    operator: () => jpeg([2, 9, 16], { quality: 50, low: -4, high: 4 }),
  },
  {
    name: 'clipping after blur, stacked [1,4,5]',
    parameters: (batch) => [values('kernel', batch, [1, 3, 3])],
    operator: ([k]) => stacked([compose(clipping([1, 4, 5]), blur(k, [1, 4, 5])), identity([1, 4, 5])]),
  },
]
