/**
 * An operator of every family, on data that it takes. A new family is in here by itself, with the defaults.
 */
import {
  completeSpec,
  drawParameters,
  families,
  isLinear,
  makeOperator,
  type OperatorSpec,
  type Parameters,
} from '../../../src/operators/index.ts'
import type { Settings } from '../../../src/settings.ts'
import { type NdArray, ndarray, type Shape, toNumbers } from '../../../src/tensor/index.ts'
import type { Listed, ListedNonlinear } from './operators.ts'

/** An operator and the shape of the x that it observes. */
export interface FamilyExample {
  readonly title: string
  readonly spec: OperatorSpec
  readonly event: Shape
}

const spec = (name: string, settings: Settings = {}, of?: readonly OperatorSpec[]): OperatorSpec => ({
  name,
  settings,
  ...(of ? { of } : {}),
})

/** Where defaults do not fit small images. */
const settings: Readonly<Record<string, Settings>> = {
  box: { size: 5 },
  motion: { size: 5 },
  fourier: { phase: 0.5 },
  radon: { angles: 4 },
  masks: { kinds: 'random, box, strokes, lines' },
  blur: { sigma: 0.6, sigmaMax: 1.5 },
  scale: { factor: -2.5 },
}

/** Of families made of others. */
const parts: Readonly<Record<string, readonly OperatorSpec[]>> = {
  compose: [spec('blur', { sigma: 1, size: 3 }), spec('mask', { keep: 0.5 })],
  stack: [spec('mask', { keep: 0.5 }), spec('pool', { factor: 2 })],
  scale: [spec('motion', { size: 3 })],
}

const events: Readonly<Record<string, Shape>> = { coils: [1, 12, 16], vertices: [3, 24] }

/** One for each family, in the order of the list. */
const familyExamples: readonly FamilyExample[] = families.map(({ name }) => ({
  title: name,
  spec: spec(name, settings[name], parts[name]),
  event: events[name] ?? [3, 12, 16],
}))

/** Operators made of operators made of operators. */
const nestedExamples: readonly FamilyExample[] = [
  {
    title: 'a mask of what was pooled',
    spec: spec('compose', {}, [spec('pool', { factor: 2 }), spec('mask', { keep: 0.5 })]),
    event: [3, 12, 16],
  },
  {
    title: 'a blur of what was masked',
    spec: spec('compose', {}, [spec('mask', { keep: 0.5 }), spec('blur', { boundary: 'zero' })]),
    event: [1, 12, 16],
  },
  {
    title: 'a stack of compositions, twice as large',
    spec: spec('scale', { factor: 2 }, [
      spec('stack', {}, [
        spec('compose', {}, [spec('motion', { size: 3 }), spec('mask', { keep: 0.4 })]),
        spec('scale', { factor: 0.5 }, [spec('fourier')]),
      ]),
    ]),
    event: [1, 8, 12],
  },
  {
    title: 'a sensor that saturates behind a shaken lens',
    spec: spec('compose', {}, [spec('motion', { size: 3 }), spec('clip', { gain: 1.5 })]),
    event: [1, 8, 12],
  },
]

/** All of them. */
export const operatorExamples: readonly FamilyExample[] = [...familyExamples, ...nestedExamples]

/** With all settings, for data in [0, 1]. */
export const completed = ({ spec: given }: FamilyExample): OperatorSpec => completeSpec(given, [0, 1])

const wide = (array: NdArray): NdArray => ndarray(toNumbers(array), array.shape, 'float64')

/** Parameters of `count` observations, those that they share repeated. */
const drawn = (example: FamilyExample, count: number): [name: string, array: NdArray][] => {
  const arrays = drawParameters(completed(example), { count, event: example.event, seed: 5 })
  return Object.entries(arrays).map(([name, array]) => {
    const rows = Array.from({ length: count / array.shape[0] }, () => toNumbers(array)).flat()
    return [name, ndarray(rows, [count, ...array.shape.slice(1)])]
  })
}

/** As the contract takes operators: parameters in a list, float64. */
const listed = (example: FamilyExample): ListedNonlinear => {
  const names = drawn(example, 1).map(([name]) => name)
  return {
    name: `family ${example.title} [${example.event}]`,
    parameters: (batch) => drawn(example, batch).map(([, array]) => wide(array)),
    operator: (tensors) => {
      const named: Parameters<(typeof tensors)[number]> = Object.fromEntries(
        names.map((name, i) => [name, tensors[i]]),
      )
      return makeOperator(completed(example), named, example.event)
    },
  }
}

const linear = (example: FamilyExample): Listed => {
  const { operator, ...rest } = listed(example)
  return {
    ...rest,
    operator: (tensors) => {
      const A = operator(tensors)
      if (!A.linear) throw new Error(`${example.title}: its family says that it is linear, it is not`)
      return A
    },
  }
}

/** The linear ones, for the contract. */
export const linearFamilies: readonly Listed[] = operatorExamples
  .filter((example) => isLinear(completed(example)))
  .map(linear)

/** The others. */
export const nonlinearFamilies: readonly ListedNonlinear[] = operatorExamples
  .filter((example) => !isLinear(completed(example)))
  .map(listed)
