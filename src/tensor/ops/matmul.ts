/** Batched matrix products with the transposes folded in. */
import { broadcastShapes, broadcasts, shapeError } from '../shape.ts'
import { type Attrs, apply, type Emit, type Op, type Tensor } from '../tensor.ts'
import { transpose } from './layout.ts'
import { describe, expectDType } from './pointwise.ts'

interface Transposes extends Attrs {
  readonly transA: boolean
  readonly transB: boolean
}

/** Factors that are transposed (their last two axes). */
export interface MatmulOptions {
  /** The first factor, default false. */
  readonly transA?: boolean
  /** The second factor, default false. */
  readonly transB?: boolean
}

/**
 * The last two axes swapped.
 *
 * @throws TweedieError `shape` when x has fewer than two axes
 */
export const matrixTranspose = (x: Tensor): Tensor => {
  const r = x.shape.length
  if (r < 2) shapeError('matrixTranspose', `${describe(x)} is not a matrix`)
  return transpose(x, [...Array(r - 2).keys(), r - 1, r - 2])
}

const matmulOp: Op<Transposes> = {
  name: 'matmul',
  infer: ([a, b], { transA, transB }) => {
    expectDType('matmul', a, 'number')
    const factor = (t: Tensor, flipped: boolean) => `${describe(t)}${flipped ? 'ᵀ' : ''}`
    const fail = () => shapeError('matmul', `${factor(a, transA)} times ${factor(b, transB)} does not fit`)
    if (a.shape.length < 2 || b.shape.length < 2 || a.dtype !== b.dtype) return fail()
    const [m, k] = transA ? [a.shape.at(-1), a.shape.at(-2)] : [a.shape.at(-2), a.shape.at(-1)]
    const [k2, n] = transB ? [b.shape.at(-1), b.shape.at(-2)] : [b.shape.at(-2), b.shape.at(-1)]
    if (k !== k2 || m === undefined || n === undefined) return fail()
    const [batchA, batchB] = [a, b].map((t) => t.shape.slice(0, -2))
    if (!broadcasts(batchA, batchB)) return fail()
    const batch = broadcastShapes('matmul', batchA, batchB)
    return { dtype: a.dtype, shape: [...batch, m, n] }
  },
  grad: ({ inputs: [a, b], attrs: { transA, transB } }, g) => {
    const ga = transA ? matmul(b, g, { transA: transB, transB: true }) : matmul(g, b, { transB: !transB })
    const gb = transB ? matmul(g, a, { transA: true, transB: transA }) : matmul(a, g, { transA: !transA })
    return [ga, gb]
  },
  lower: (node, emit) => {
    const { transA, transB } = node.attrs
    const [a, b] = node.inputs
    const side = (t: Tensor, flipped: boolean) => (flipped ? flipLast(t, emit) : emit.value(t))
    return emit.node('MatMul', [side(a, transA), side(b, transB)])
  },
}

/** Transpose of the last two axes, emitted once per tensor. */
const flipLast = (t: Tensor, emit: Emit): string => {
  const x = emit.value(t)
  const r = t.shape.length
  return emit.once(`swap ${x}`, () =>
    emit.node('Transpose', [x], { perm: { ints: [...Array(r - 2).keys(), r - 1, r - 2] } }),
  )
}

/**
 * Matrix product over the last two axes, batch axes broadcast: [..., m, k] · [..., k, n] → [..., m, n].
 *
 * @throws TweedieError `shape` when a factor is no matrix, or the two do not fit
 *
 * @example
 * ```ts
 * matmul(x, w, { transB: true }) // x wᵀ
 * ```
 */
export const matmul = (
  a: Tensor,
  b: Tensor,
  { transA = false, transB = false }: MatmulOptions = {},
): Tensor => apply(matmulOp, [a, b], { transA, transB })
