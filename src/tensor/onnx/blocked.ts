/**
 * Bookkeeping of ONNX Runtime's blocked layout on the CPU (domain com.microsoft.nchwc): an image batch [B, C,
 * H, W] lies in memory as [B, C/n, H, W, n] under its logical shape, n = 16 with AVX-512 and 8 with AVX2.
 * Convolutions run nearly twice as fast on it, so values stay blocked from one convolution to the next.
 *
 * Each value may be held in two forms at once: a rule that computes a blocked value also emits its conversion
 * to the plain form, which the emitter drops when nobody reads it.
 */
import { full, type NdArray, type Shape } from '../ndarray.ts'
import type { Tensor } from '../tensor.ts'
import type { Emitter, Lowering } from './emitter.ts'
import type { Attribute } from './proto.ts'
import type { Readers } from './readers.ts'

const NCHWC = 'com.microsoft.nchwc'

/**
 * Form in which a value is held. `blocked`: an image batch whose channels are a multiple of n.
 * `pixel`: one channel [B, 1, H, W], repeated n times as [B, n, H, W], so that it broadcasts within a
 * block. `plain`: row-major.
 */
export interface Held {
  readonly kind: 'blocked' | 'pixel' | 'plain'
  readonly name: string
}

/** Lowers one op in blocked form; `undefined` means "not this node". */
export type Rule = (node: Tensor, b: Blocked) => Held | undefined
export type Rules = Readonly<Record<string, Rule>>

export const blocked = (name: string): Held => ({ kind: 'blocked', name })
export const pixel = (name: string): Held => ({ kind: 'pixel', name })
export const plain = (name: string): Held => ({ kind: 'plain', name })

/** The blocked forms of one program. */
export class Blocked {
  readonly emit: Emitter
  /** n, the channels of a block. */
  readonly n: number
  readonly readers: Readers
  private readonly held = new Map<Tensor, Held>()
  /** The value behind each view. */
  private readonly origins = new Map<string, string>()

  constructor(emit: Emitter, n: number, readers: Readers) {
    this.emit = emit
    this.n = n
    this.readers = readers
  }

  /** True for float32 image batches whose channels fill whole blocks. */
  fits(t: Tensor): boolean {
    return t.dtype === 'float32' && t.shape.length === 4 && t.shape[1] % this.n === 0
  }

  kindOf(t: Tensor): Held['kind'] {
    return this.held.get(t)?.kind ?? 'plain'
  }

  remember(t: Tensor, held: Held): void {
    this.held.set(t, held)
  }

  /** Name of the blocked form of an image batch that {@link fits}; converted when it is not held. */
  blocked(t: Tensor): string {
    const held = this.held.get(t)
    if (held?.kind === 'blocked') return held.name
    const name = this.emit.value(t)
    return this.emit.once(`blocked ${name}`, () => this.node('ReorderInput', [name]))
  }

  /** Name of the n-fold form of a [B, 1, H, W] tensor. */
  pixel(t: Tensor): string {
    const held = this.held.get(t)
    if (held?.kind === 'pixel') return held.name
    const name = this.emit.value(t)
    return this.emit.once(`pixel ${name}`, () =>
      this.conv([name, this.emit.constant(full([this.n, 1, 1, 1], 1))]),
    )
  }

  /** Row-major form of a held value, of the shape of `t`. */
  toPlain(t: Tensor, { kind, name }: Held): string {
    if (kind === 'plain') return name
    const [b, c, h, w] = t.shape
    if (kind === 'blocked')
      return this.node('ReorderOutput', [name], { channels: { int: c }, channels_last: { int: 0 } })
    const first = this.node('ReorderOutput', [name], { channels: { int: 1 }, channels_last: { int: 0 } })
    return this.reshape(first, [b, 1, h, w])
  }

  node(op: string, inputs: readonly string[], attributes: Readonly<Record<string, Attribute>> = {}): string {
    return this.emit.node(op, inputs, attributes, NCHWC)
  }

  /** A blocked convolution; inputs are x, w, and optionally bias and a tensor that is added to the result. */
  conv(
    inputs: readonly string[],
    {
      kernel = [1, 1],
      pads = [0, 0, 0, 0],
      stride = [1, 1],
      dilations = [1, 1],
      group = 1,
    }: {
      kernel?: readonly number[]
      pads?: readonly number[]
      stride?: readonly number[]
      dilations?: readonly number[]
      group?: number
    } = {},
  ): string {
    return this.node('Conv', inputs, {
      kernel_shape: { ints: kernel },
      pads: { ints: pads },
      strides: { ints: stride },
      dilations: { ints: dilations },
      group: { int: group },
    })
  }

  /**
   * A view of the same memory. Views of a view are views of its origin, each made once.
   * @param was - the shape that `name` has now, if it may be asked for again
   */
  reshape(name: string, shape: Shape, was?: Shape): string {
    const origin = this.origins.get(name) ?? name
    if (was) this.emit.once(`view ${origin} ${was}`, () => name)
    return this.emit.once(`view ${origin} ${shape}`, () => {
      const view = this.emit.node('Reshape', [origin, this.emit.ints(shape)])
      this.origins.set(view, origin)
      return view
    })
  }

  transpose(name: string, perm: readonly number[]): string {
    return this.emit.node('Transpose', [name], { perm: { ints: perm } })
  }

  constant(value: NdArray): string {
    return this.emit.constant(value)
  }
}

/** A lowering table for one program from rules; what they decline goes to `otherwise`. */
export const lowerBlocked = (rules: Rules, otherwise: Lowering, n: number, readers: Readers): Lowering => {
  let state: Blocked | undefined
  const table: Record<string, Lowering[string]> = { ...otherwise }
  for (const [op, rule] of Object.entries(rules)) {
    table[op] = (node, emit) => {
      state ??= new Blocked(emit, n, readers)
      const held = rule(node, state)
      if (!held) return otherwise[op]?.(node, emit)
      state.remember(node, held)
      // Only float32 can be converted; comparisons are computed again where somebody reads them row-major.
      return node.dtype === 'float32' ? state.toPlain(node, held) : node.op.lower(node, emit)
    }
  }
  return table
}
