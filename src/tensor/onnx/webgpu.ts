/** Ops that ONNX Runtime's WebGPU provider lacks or gets wrong, written with those that it has. */

import { full } from '../ndarray.ts'
import type { Tensor } from '../tensor.ts'
import { channelsInThrees } from './channels-in-threes.ts'
import type { Emitter, Lowering } from './emitter.ts'
import { emitMask, foldByTable } from './mask.ts'

const literal = (emit: Emitter, node: Tensor, value: number): string =>
  emit.constant(full([], value, node.dtype))

/** [x > 0] − [x < 0]. */
const sign = (node: Tensor, emit: Emitter): string => {
  const x = emit.value(node.inputs[0])
  const [zero, one] = [0, 1].map((v) => literal(emit, node, v))
  const above = emit.node('Where', [emit.node('Greater', [x, zero]), one, zero])
  const below = emit.node('Where', [emit.node('Less', [x, zero]), one, zero])
  return emit.node('Sub', [above, below])
}

/** With f = ⌊x⌋: f or f + 1, whichever is nearer, and 2⌊(f + 1)/2⌋ half-way. */
const round = (node: Tensor, emit: Emitter): string => {
  const x = emit.value(node.inputs[0])
  const [half, one, two] = [0.5, 1, 2].map((v) => literal(emit, node, v))
  const f = emit.node('Floor', [x])
  const above = emit.node('Add', [f, one])
  const even = emit.node('Mul', [emit.node('Floor', [emit.node('Mul', [above, half])]), two])
  const rest = emit.node('Sub', [x, f])
  const notAbove = emit.node('Where', [emit.node('Less', [rest, half]), f, even])
  return emit.node('Where', [emit.node('Greater', [rest, half]), above, notAbove])
}

/** ¬(¬a ∧ ¬b). */
const or = (node: Tensor, emit: Emitter): string => {
  const [a, b] = node.inputs.map((t) => emit.node('Not', [emit.value(t)]))
  return emit.node('Not', [emit.node('And', [a, b])])
}

/** WebGPU has no operators on bits. */
const seededMask = (
  { inputs: [seeds], attrs: { keep }, shape }: Tensor,
  emit: Emitter,
): string | undefined =>
  typeof keep === 'number'
    ? emitMask({ seeds: emit.value(seeds), keep, shape }, foldByTable, emit)
    : undefined

export const webgpuLowering: Lowering = { sign, round, or, seededMask, conv2d: channelsInThrees }

/** Of files that any runtime opens: what a device gets wrong is avoided for all. */
export const portableLowering: Lowering = { conv2d: channelsInThrees }
