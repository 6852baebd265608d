/** A node as its rule sees it: inputs, attributes, and numbers that must be known while reading. */
import { TweedieError } from '../../error.ts'
import type { Attribute, NodeProto } from '../onnx/proto.ts'
import { axisOf } from '../shape.ts'
import type { Tensor } from '../tensor.ts'
import { nodeText } from './decode.ts'
import type { Known, KnownValues } from './known.ts'

/** What a rule makes of a node: its outputs, in order; the first alone is given as such. */
export type Rule = (site: Site) => Tensor | readonly Tensor[]

/** Rules by the name of the op. */
export type Rules = Readonly<Record<string, Rule>>

/** One node at work; everything that it is asked for and does not have is an error that names it. */
export class Site {
  readonly node: NodeProto
  /** Version of the operator set of the file. */
  readonly opset: number
  private readonly inputs: readonly (Tensor | undefined)[]
  private readonly known: KnownValues

  constructor(node: NodeProto, opset: number, inputs: readonly (Tensor | undefined)[], known: KnownValues) {
    this.node = node
    this.opset = opset
    this.inputs = inputs
    this.known = known
  }

  /** @throws TweedieError `input` that names the node */
  refuse(message: string): never {
    throw new TweedieError('input', `${nodeText(this.node)}: ${message}`)
  }

  /** All inputs that are there. */
  all(): Tensor[] {
    return this.inputs.flatMap((t) => (t ? [t] : []))
  }

  /** An input that may be absent. */
  maybe(i: number): Tensor | undefined {
    return this.inputs[i]
  }

  /** An input. */
  input(i: number): Tensor {
    return this.inputs[i] ?? this.refuse(`input ${i} is missing`)
  }

  private attribute(name: string): Attribute | undefined {
    const { attributes } = this.node
    return Object.hasOwn(attributes, name) ? attributes[name] : undefined
  }

  has(name: string): boolean {
    return this.attribute(name) !== undefined
  }

  int(name: string, fallback: number): number {
    const value = this.attribute(name)
    if (value === undefined) return fallback
    return 'int' in value ? value.int : this.refuse(`'${name}' is no integer`)
  }

  float(name: string, fallback: number): number {
    const value = this.attribute(name)
    if (value === undefined) return fallback
    return 'float' in value ? value.float : this.refuse(`'${name}' is no number`)
  }

  text(name: string, fallback: string): string {
    const value = this.attribute(name)
    if (value === undefined) return fallback
    return 'text' in value ? value.text : this.refuse(`'${name}' is no text`)
  }

  /** A list of integers, absent without one. */
  ints(name: string): readonly number[] | undefined {
    const value = this.attribute(name)
    if (value === undefined) return undefined
    return 'ints' in value ? value.ints : this.refuse(`'${name}' is no list of integers`)
  }

  /** The value of a Constant, and of ConstantOfShape. */
  value(): Attribute | undefined {
    const names = ['value', 'value_float', 'value_int', 'value_floats', 'value_ints']
    return names.map((name) => this.attribute(name)).find((value) => value !== undefined)
  }

  /** The numbers of an input that shapes and settings are made of; absent when the input is. */
  maybeNumbers(i: number): Known | undefined {
    const t = this.inputs[i]
    if (!t) return undefined
    const known = this.known.of(t)
    if (known) return known
    const name = this.node.inputs[i]
    return this.refuse(`input ${i} ('${name}') must be known while reading, but follows from the data`)
  }

  /** The same of an input that must be there. */
  numbers(i: number): readonly number[] {
    return (this.maybeNumbers(i) ?? this.refuse(`input ${i} is missing`)).values
  }

  /** The one number of an input, when it is known and there is but one; for rules that are shorter then. */
  scalar(i: number): number | undefined {
    const t = this.inputs[i]
    const values = t && this.known.of(t)?.values
    return values?.length === 1 ? values[0] : undefined
  }

  /** A list that is an input in later operator sets and was an attribute in earlier ones. */
  list(i: number, name: string): readonly number[] | undefined {
    return this.maybeNumbers(i)?.values ?? this.ints(name)
  }

  /** The attribute `axis`, counted from the front of so many axes. */
  axis(rank: number, fallback: number): number {
    return axisOf(this.node.op, this.int('axis', fallback), rank)
  }
}
