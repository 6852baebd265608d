/**
 * The one crossing of units: what is observed of x' = s x + o, beside what is observed of x, by every family.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  batchedObservations,
  crossed,
  inPriorUnits,
  keptEntries,
  maskedBy,
  type ObservationBatch,
  type ObservedOperator,
  observe,
  projectedBy,
  type RawObservation,
  unchanged,
} from '../../src/observations/index.ts'
import {
  type Affine,
  applyAffine,
  type DataRange,
  drawParameters,
  fromPrior,
  isLinear,
  makeOperator,
  observedEntries,
  type Parameters,
  toPrior,
} from '../../src/operators/index.ts'
import { bernoulli, normal, stream } from '../../src/random/index.ts'
import {
  add,
  broadcastTo,
  cast,
  constant,
  fullLike,
  jit,
  mapTensors,
  mul,
  type NdArray,
  ndarray,
  type Shape,
  sub,
  type Tensor,
  toNumbers,
} from '../../src/tensor/index.ts'
import { completed, type FamilyExample, operatorExamples } from '../exact/family-examples.ts'
import { distance, expectClose } from '../numbers.ts'

const range: fc.Arbitrary<DataRange> = fc
  .record({
    low: fc.double({ min: -100, max: 100, noNaN: true }),
    width: fc.double({ min: 0.1, max: 500, noNaN: true }),
  })
  .map(({ low, width }) => [low, low + width])

describe('the affine map between data and prior', () => {
  it('takes the ends of the range to -2 and 2, and its inverse back', () => {
    fc.assert(
      fc.property(range, fc.double({ min: -3, max: 3, noNaN: true }), (r, u) => {
        const [to, from] = [toPrior(r), fromPrior(r)]
        const map = (m: typeof to, x: number) => m.scale * x + m.offset
        expect(map(to, r[0])).toBeCloseTo(-2, 9)
        expect(map(to, r[1])).toBeCloseTo(2, 9)
        expect(map(to, map(from, u))).toBeCloseTo(u, 9)
      }),
    )
    expect(toPrior([0, 1])).toEqual({ scale: 4, offset: -2 })
    expect(fromPrior([0, 1])).toEqual({ scale: 0.25, offset: 0.5 })
  })
})

const COUNT = 2

/** An observation of random x by an example, inside a program, all in float64. */
const inProgram = async (
  example: FamilyExample,
  look: (raw: RawObservation, x: Tensor) => Readonly<Record<string, Tensor>>,
): Promise<Readonly<Record<string, number[]>>> => {
  const { event } = example
  const spec = completed(example)
  const x = normal(stream(3, 'x'), [COUNT, ...event])
  const program = jit((given: { readonly x: Tensor; readonly parameters: Parameters<Tensor> }) => {
    const { x, parameters } = mapTensors((t) => cast(t, 'float64'), given)
    const A = makeOperator(spec, parameters, event)
    const image = A.apply(x)
    const z = constant(ndarray(toNumbers(normal(stream(3, 'z'), image.shape)), image.shape, 'float64'))
    const observed = observedEntries(spec, parameters, event)
    const noise = observed ? mul(z, observed) : z
    return look({ y: add(image, noise), A, ...(observed ? { observed } : {}), std: 0.3 }, x)
  })
  const out = await program({ x, parameters: drawParameters(spec, { count: COUNT, event, seed: 5 }) })
  await program.release()
  return Object.fromEntries(Object.entries(out).map(([name, array]) => [name, toNumbers(array)]))
}

/** Some ways from the units of data to those of a prior. */
const units: Affine[] = [0, 1].map((draw) => {
  const [log, offset] = normal(stream(7, 'units'), [2], { draw }).data
  return { scale: Math.exp(2 * log), offset: 20 * offset }
})

describe.each(operatorExamples.filter((example) => isLinear(completed(example))))(
  'what $title observes',
  (example) => {
    it.each(units)("leaves s times the same residual of x' = $scale x + $offset", async (map) => {
      const { got, want, unobserved, variance } = await inProgram(example, (raw, x) => {
        const { y, A, noise } = inPriorUnits(raw, map)
        const inside = add(mul(x, map.scale), map.offset)
        const seen = broadcastTo(raw.observed ?? fullLike(y, 1), y.shape)
        return {
          got: sub(y, A.apply(inside)),
          want: mul(sub(raw.y, raw.A.apply(x)), map.scale),
          unobserved: mul(sub(fullLike(y, 1), seen), add(mul(y, y), mul(raw.y, raw.y))),
          variance: noise.apply(fullLike(y, 1)),
        }
      })
      expect(distance(got, want)).toBeLessThan(1e-9)
      expect(Math.max(...unobserved)).toBe(0)
      const level = (0.3 * map.scale) ** 2
      expect(Math.max(...variance.map((v) => Math.abs(v / level - 1)))).toBeLessThan(1e-12)
    })
  },
)

describe.each(operatorExamples.filter((example) => !isLinear(completed(example))))(
  'what $title observes, which is not linear',
  (example) => {
    it.each(units)("is itself, A'(x') = A(x) for x' = $scale x + $offset", async (map) => {
      const { got, want, y, raw, variance } = await inProgram(example, (raw, x) => {
        const { y, A, noise } = inPriorUnits(raw, map)
        return {
          got: A.apply(add(mul(x, map.scale), map.offset)),
          want: raw.A.apply(x),
          y,
          raw: raw.y,
          variance: noise.apply(fullLike(y, 1)),
        }
      })
      expect(distance(got, want)).toBeLessThan(1e-6)
      expect(y).toEqual(raw)
      expectClose(
        variance,
        variance.map(() => 0.09),
        1e-12,
      )
    })
  },
)

/** A x of latents, from the definition of the operator. */
const image = (operator: ObservedOperator, x: NdArray<'float32'>): number[] => {
  const mask = operator.name === 'mask' ? keptEntries({ y: x, operator }) : undefined
  if (mask) return Array.from(mask.data, (m, i) => m * x.data[i])
  if (operator.name !== 'projection') return Array.from(x.data)
  const { matrix } = operator.parameters
  const [n, rows, width] = matrix.shape
  return Array.from({ length: n * rows }, (_, row) => {
    const latent = Math.floor(row / rows)
    let sum = 0
    for (let d = 0; d < width; d++) sum += matrix.data[row * width + d] * x.data[latent * width + d]
    return sum
  })
}

describe('observations in the prior’s units', () => {
  const s = stream(0, 'units')
  const images = normal(s, [2, 3, 4, 5])
  const cases: { name: string; x: NdArray<'float32'>; operator: ObservedOperator; shape: Shape }[] = [
    { name: 'identity', x: images, operator: unchanged([3, 4, 5]), shape: [2, 3, 4, 5] },
    {
      name: 'mask',
      x: images,
      operator: maskedBy(bernoulli(s, 0.4, [2, 3, 4, 5]), [3, 4, 5]),
      shape: [2, 3, 4, 5],
    },
    {
      name: 'shared mask',
      x: images,
      operator: maskedBy(bernoulli(s, 0.4, [2, 1, 4, 5]), [3, 4, 5]),
      shape: [2, 3, 4, 5],
    },
    {
      name: 'projection',
      x: normal(s, [2, 5]),
      operator: projectedBy(normal(s, [2, 3, 5], { step: 1 })),
      shape: [2, 3],
    },
  ]

  /** y and the variance of its noise in the units of a prior. */
  const inside = async (operator: ObservedOperator, y: NdArray<'float32'>, range: DataRange) => {
    const batched = batchedObservations({ y, operator, noise: 0.3, range })
    const program = jit((batch: ObservationBatch<Tensor>) => {
      const { y, noise } = batched.observation(batch)
      return { y, variance: noise.apply(fullLike(y, 1)) }
    })
    const { y: crossed, variance } = await program(batched.batch(0, 2))
    await program.release()
    return { y: crossed, noise: toNumbers(variance).map(Math.sqrt) }
  }

  it.each(cases)('observing commutes with the map: $name', async ({ x, operator, shape }) => {
    const range: DataRange = [-1, 7]
    const { y, noise } = await inside(operator, ndarray(image(operator, x), shape), range)
    const expected = image(operator, applyAffine(toPrior(range), x))
    expect(y.shape).toEqual(shape)
    expected.forEach((value, i) => {
      expect(y.data[i]).toBeCloseTo(value, 4)
      expect(noise[i]).toBeCloseTo(0.15, 6)
    })
  })

  it.each(cases)('data in [-2, 2] are in them: $name', async ({ x, operator, shape }) => {
    const y = ndarray(image(operator, x), shape)
    expect(distance(toNumbers((await inside(operator, y, [-2, 2])).y), toNumbers(y))).toBe(0)
  })

  it('repeats a shared mask over the channels', () => {
    const operator = maskedBy(ndarray([1, 0, 0, 1], [2, 1, 1, 2]), [2, 1, 2])
    const full = keptEntries({ y: ndarray(new Float32Array(8), [2, 2, 1, 2]), operator })
    expect(Array.from(full?.data ?? [])).toEqual([1, 0, 1, 0, 0, 1, 0, 1])
  })

  it('what stands in y where nothing was observed does not matter', async () => {
    const operator = maskedBy(ndarray([1, 0, 0, 1], [2, 2]), [2])
    const { y } = await inside(operator, ndarray([0.5, 9, -9, 0.25], [2, 2]), [0, 1])
    expect(toNumbers(y)).toEqual([0, 0, 0, -1])
  })

  it('nominal masks of blind sets take the offset by their share, and leave y as it is', async () => {
    const x = normal(stream(1, 'x'), [64, 1, 2, 4])
    const operator = { name: 'mask', settings: { keep: 0.5 }, blind: true }
    const set = await observe(x, { operator, noise: 1e-6, range: [0, 1], seed: 1 })
    const share = toNumbers(set.operator.parameters.mask)
    const inPrior = await jit((y: Tensor, observed: Tensor) =>
      crossed(
        { y, observed, A: makeOperator({ name: 'mask', settings: {} }, { mask: observed }, [1, 2, 4]) },
        toPrior([0, 1]),
      ),
    )(set.y, set.operator.parameters.mask)
    expectClose(
      toNumbers(inPrior),
      Array.from(set.y.data, (v, i) => 4 * v - 2 * share[i % 8]),
      1e-5,
    )
  })
})
