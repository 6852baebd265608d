/** Ops for which ONNX Runtime's CPU provider has something faster than the portable form (float32). */
import { full } from '../ndarray.ts'
import { sub } from '../ops/arithmetic.ts'
import { mean } from '../ops/reduce.ts'
import { sameShape } from '../shape.ts'
import type { Tensor } from '../tensor.ts'
import { lowerBlocked } from './blocked.ts'
import { convRules } from './blocked-conv.ts'
import { elementwiseRules } from './blocked-elementwise.ts'
import { haloRules } from './blocked-halo.ts'
import { kernelRules } from './blocked-kernel.ts'
import { normRules } from './blocked-norm.ts'
import { reduceRules } from './blocked-reduce.ts'
import { resampleRules } from './blocked-resample.ts'
import { sequenceRules } from './blocked-sequence.ts'
import type { Emitter, Lowering } from './emitter.ts'
import type { Readers } from './readers.ts'

const MICROSOFT = 'com.microsoft'

const flag = (node: Tensor, name: string) => ({ int: node.attrs[name] === true ? 1 : 0 })

type Lower = Lowering[string]

const matmul: Lower = (node, emit) => {
  if (node.dtype !== 'float32' || !(node.attrs.transA || node.attrs.transB)) return undefined
  return product(node, node.inputs, emit)
}

/** The matrix product `node` of other factors. */
const product = (node: Tensor, factors: readonly Tensor[], emit: Emitter): string => {
  const attributes = { transA: flag(node, 'transA'), transB: flag(node, 'transB') }
  const names = factors.map((t) => emit.value(t))
  return emit.node('FusedMatMul', names, attributes, MICROSOFT)
}

/** a b + bias of matrices as one Gemm. */
const add =
  (readers: Readers): Lower =>
  (node, emit) => {
    for (const [term, bias] of [node.inputs, [...node.inputs].reverse()]) {
      const [, n] = node.shape
      const fits =
        term.op.name === 'matmul' && sameShape(term.shape, node.shape) && sameShape(bias.shape, [n])
      if (!fits || node.dtype !== 'float32' || !readers.single(term)) continue
      if (!term.inputs.every((t) => t.shape.length === 2)) continue
      const names = [...term.inputs, bias].map((t) => emit.value(t))
      return emit.node('Gemm', names, { transA: flag(term, 'transA'), transB: flag(term, 'transB') })
    }
    return undefined
  }

/**
 * Centring the columns of a product over the last axis: the rows of its second factor are centred instead.
 */
const centre =
  (readers: Readers): Lower =>
  (node, emit) => {
    const [x] = node.inputs
    const last = node.attrs.axis === node.shape.length - 1
    if (!last || x.op.name !== 'matmul' || node.dtype !== 'float32' || !readers.single(x)) return undefined
    const [a, b] = x.inputs
    if (b.shape.length !== 2) return undefined
    const axes = x.attrs.transB ? 0 : 1
    return product(x, [a, sub(b, mean(b, { axes, keepdims: true }))], emit)
  }

/** Σ x² in one pass. */
const sum =
  (readers: Readers): Lower =>
  (node, emit) => {
    const [x] = node.inputs
    const [a, b] = x.inputs
    const { axes, keepdims } = node.attrs
    if (x.op.name !== 'mul' || a !== b || !readers.single(x) || typeof axes !== 'object') return undefined
    if (node.dtype !== 'float32') return undefined
    return emit.node('ReduceSumSquare', [emit.value(a), emit.ints(axes)], {
      keepdims: { int: keepdims ? 1 : 0 },
    })
  }

/** Rows of a matrix from which on its columns are gathered as rows of its transpose. */
const MANY_ROWS = 8

/** Columns of a matrix: ONNX Runtime copies them entry by entry, but rows of the transpose as wholes. */
const take: Lower = (node, emit) => {
  const [x, indices] = node.inputs
  const columns = x.shape.length === 2 && indices.shape.length === 1 && node.attrs.axis === 1
  if (!columns || x.shape[0] < MANY_ROWS) return undefined
  const turned = (name: string) => emit.node('Transpose', [name], { perm: { ints: [1, 0] } })
  return turned(emit.node('Gather', [turned(emit.value(x)), emit.value(indices)], { axis: { int: 0 } }))
}

/** x sigmoid(alpha x) with alpha 1: a quarter of the time of Sigmoid and Mul. */
const silu = (node: Tensor, emit: Emitter): string | undefined =>
  node.dtype === 'float32'
    ? emit.node('QuickGelu', [emit.value(node.inputs[0])], { alpha: { float: 1 } }, MICROSOFT)
    : undefined

/** LayerNormalization over the last axis gives both y and 1/√(v + eps). */
const norm =
  (part: 'y' | 'r') =>
  (node: Tensor, emit: Emitter): string | undefined => {
    const [x] = node.inputs
    const { axis, eps } = node.attrs
    if (node.dtype !== 'float32' || axis !== x.shape.length - 1 || typeof eps !== 'number') return undefined
    const n = x.shape[axis]
    const name = emit.value(x)
    const both = emit.once(`layernorm ${name} ${eps}`, () => {
      const [ones, zeros] = [1, 0].map((v) => emit.constant(full([n], v, node.dtype)))
      const outputs = emit.multi('LayerNormalization', [name, ones, zeros], 3, {
        axis: { int: -1 },
        epsilon: { float: eps },
      })
      return outputs.join(' ')
    })
    const [y, , r] = both.split(' ')
    return part === 'y' ? y : r
  }

/** The lowering that suits the CPU for one program, images row-major. */
export const cpuLowering = (readers: Readers): Lowering => ({
  matmul,
  add: add(readers),
  centre: centre(readers),
  sum: sum(readers),
  take,
  silu,
  layerNorm: norm('y'),
  invStd: norm('r'),
})

/** The same with images in blocks of n channels. */
export const blockedLowering = (n: number, readers: Readers): Lowering => {
  const portable = cpuLowering(readers)
  const rules = {
    ...elementwiseRules(portable),
    ...convRules,
    ...haloRules,
    ...kernelRules,
    ...normRules,
    ...reduceRules,
    ...resampleRules,
    ...sequenceRules,
  }
  return lowerBlocked(rules, portable, n, readers)
}
