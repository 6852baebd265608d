/**
 * Adam's step on a few leaves at a time. A program of all leaves has, at its end, old and new weights,
 * moments and averages in its own memory and again in copies; Adam goes leaf by leaf once the norm of the
 * whole gradient is known, so a program of a few megabytes is enough, and gives the same bits.
 */
import { gradientNorm } from '../nn/index.ts'
import {
  type ExecuteOptions,
  holding,
  type NdArray,
  sizeOf,
  type Tensor,
  type Tree,
  type Value,
  valuesOf,
  withValues,
} from '../tensor/index.ts'
import { type Moving, moved, type Pace, type UpdateOptions } from './update.ts'

/** Numbers of a group, at least: 4 MiB of each array. */
const NUMBERS = 2 ** 20

/** Leaves by number, in groups: the vectors first, which a step joins, then the others in order. */
const groupsOf = (leaves: readonly Value[], numbers: number): number[][] => {
  const isVector = (i: number) => leaves[i].shape.length === 1
  const all = leaves.map((_, i) => i)
  const groups: number[][] = [all.filter(isVector)]
  let size = groups[0].reduce((sum, i) => sum + sizeOf(leaves[i].shape), 0)
  for (const i of all.filter((i) => !isVector(i))) {
    if (size >= numbers) {
      groups.push([])
      size = 0
    }
    groups[groups.length - 1].push(i)
    size += sizeOf(leaves[i].shape)
  }
  return groups.filter((group) => group.length > 0)
}

/** The arrays that go leaf by leaf, each as a list. */
interface Lists<L> {
  readonly params: readonly L[]
  readonly average: readonly L[]
  readonly m: readonly L[]
  readonly v: readonly L[]
}

const listsOf = ({ params, average, moments: { m, v } }: Moving<Value>): Lists<Value> => ({
  params: valuesOf(params),
  average: valuesOf(average),
  m: valuesOf(m),
  v: valuesOf(v),
})

const eachList = <A, B>(
  { params, average, m, v }: Lists<A>,
  fn: (list: readonly A[]) => B,
): Record<keyof Lists<A>, B> => ({
  params: fn(params),
  average: fn(average),
  m: fn(m),
  v: fn(v),
})

/** A compiled step by groups of leaves. */
export interface GroupedStep {
  /**
   * @returns the state after the step, whose average is the weights where none is kept, and the norm of the
   * gradient
   */
  take(
    state: Moving<Value>,
    grads: Tree<Value>,
    pace: Pace<NdArray>,
  ): Promise<{ readonly state: Moving<Value>; readonly gradient: NdArray }>
  release(): Promise<void>
}

/**
 * Compiles the step. Its programs give the memory of a group back when they are done with it.
 *
 * @param numbers - of a group, at least, so that small networks are one group; default 2²⁰
 */
export const inGroups = (
  options: UpdateOptions,
  execute: ExecuteOptions = {},
  numbers = NUMBERS,
): GroupedStep => {
  const lean = { ...execute, arena: false }
  const nothing: readonly Tensor[] = []
  const measure = holding((grads: readonly Tensor[]) => ({ held: nothing, told: gradientNorm(grads) }), lean)
  type Group = Lists<Tensor> & { readonly grads: readonly Tensor[] }
  const move = holding(({ params, average, m, v, grads }: Group, pace: Pace, norm: Tensor) => {
    const state = { params, average, moments: { m, v } }
    const { gradient: _, ...held } = moved(state, grads, { ...pace, norm }, options)
    return { held, told: nothing }
  }, lean)
  return {
    take: async (state, grads, pace) => {
      const given = listsOf(state)
      const slopes = valuesOf(grads)
      const { told: gradient } = await measure(slopes)
      const next = eachList(given, (list) => [...list])
      for (const group of groupsOf(given.params, numbers)) {
        const of = <L>(list: readonly L[]): L[] => group.map((i) => list[i])
        const { held } = await move({ ...eachList(given, of), grads: of(slopes) }, pace, gradient)
        const after = listsOf({ ...held, average: options.ema > 0 ? held.average : held.params })
        for (const name of ['params', 'average', 'm', 'v'] as const)
          for (const [k, i] of group.entries()) next[name][i] = after[name][k]
      }
      const { params, average, m, v } = eachList(next, (list) => withValues(state.params, list))
      return { state: { params, average, moments: { m, v } }, gradient }
    },
    release: async () => {
      await Promise.all([measure.release(), move.release()])
    },
  }
}
