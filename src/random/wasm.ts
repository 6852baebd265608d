/**
 * WebAssembly written as expressions: code is a list of bytes, of which an operator makes a longer one. Only
 * what kernels.ts needs: vectors of 128 bits (W3C, WebAssembly Core Specification 2.0), integers of 32 bits,
 * one loop, one memory. Node runs it on the machine's vectors, and + − × ÷ √ round as in JavaScript, so
 * results are the same to the last bit.
 */

/** What every JavaScript engine has; ES libraries of TypeScript do not declare it. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new <E>(module: object) => { readonly exports: E }
}

/** Bytes that leave one value (or none) on the stack. */
export type Code = readonly number[]

/** Unsigned LEB128. */
const unsigned = (n: number): number[] =>
  n < 128 ? [n] : [(n % 128) | 128, ...unsigned(Math.floor(n / 128))]

/** Signed LEB128 of 32 bits. */
const signed = (n: number): number[] =>
  n >= -64 && n < 64 ? [n & 127] : [(n & 127) | 128, ...signed(n >> 7)]

const vectorOf = (bytes: ArrayBuffer): Code => [0xfd, 0x0c, ...new Uint8Array(bytes)]

// Values.

export const get = (local: number): Code => [0x20, ...unsigned(local)]
export const set = (local: number, value: Code): Code => [...value, 0x21, ...unsigned(local)]
export const i32 = (value: number): Code => [0x41, ...signed(value | 0)]
export const i32add = (a: Code, b: Code): Code => [...a, ...b, 0x6a]
export const i32below = (a: Code, b: Code): Code => [...a, ...b, 0x49]

/** Four words. */
export const words = (...lanes: readonly [number, number, number, number]): Code =>
  vectorOf(Int32Array.from(lanes).buffer)

/** Twice the same double. */
export const double = (value: number): Code => vectorOf(Float64Array.of(value, value).buffer)

/** Twice the same 64 bits. */
export const bits = (value: bigint): Code => vectorOf(BigUint64Array.of(value, value).buffer)

// Operators on vectors.

const operator =
  (opcode: number) =>
  (...operands: readonly Code[]): Code => [...operands.flat(), 0xfd, ...unsigned(opcode)]

export const splat = operator(0x11)
export const and = operator(0x4e)
export const or = operator(0x50)
export const xor = operator(0x51)
/** Bits of the first where the third has ones, else of the second. */
export const select = operator(0x52)
export const i32x4 = { add: operator(0xae), sub: operator(0xb1) } as const
export const i64x2 = {
  shl: operator(0xcb),
  shrSigned: operator(0xcc),
  shr: operator(0xcd),
  /** Of the two lower words, signed. */
  extend: operator(0xc7),
  /** Products of the two lower (higher) words, unsigned. */
  productsLow: operator(0xde),
  productsHigh: operator(0xdf),
} as const
export const f64x2 = {
  add: operator(0xf0),
  sub: operator(0xf1),
  mul: operator(0xf2),
  div: operator(0xf3),
  neg: operator(0xed),
  sqrt: operator(0xef),
  below: operator(0x49),
  /** Of the two lower words. */
  ofSigned: operator(0xfe),
  ofUnsigned: operator(0xff),
  /** As two lower floats. */
  demote: operator(0x5e),
} as const

/** Words of (a, b), 0 … 3 of a and 4 … 7 of b. */
export const shuffle = (a: Code, b: Code, ...lanes: readonly [number, number, number, number]): Code => [
  ...a,
  ...b,
  0xfd,
  0x0d,
  ...lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => 4 * lane + byte)),
]

/** At an address and a constant beyond it. */
export const load = (address: Code, offset: number): Code => [...address, 0xfd, 0x00, 4, ...unsigned(offset)]
export const store = (address: Code, offset: number, value: Code): Code => [
  ...address,
  ...value,
  0xfd,
  0x0b,
  4,
  ...unsigned(offset),
]

/** `body` once, and again while `condition` holds after it. */
export const repeat = (body: Code, condition: Code): Code => [
  0x03,
  0x40,
  ...body,
  ...condition,
  0x0d,
  0,
  0x0b,
]

// Modules.

const I32 = 0x7f
const V128 = 0x7b
const FUNCTION = 0x60

/** A function without result; locals are numbered after its parameters, which are words. */
export interface Kernel {
  readonly name: string
  readonly parameters: number
  /** Local vectors. */
  readonly vectors: number
  readonly body: Code
}

const listed = (entries: readonly Code[]): Code => [...unsigned(entries.length), ...entries.flat()]
const sized = (content: Code): Code => [...unsigned(content.length), ...content]
const section = (id: number, entries: readonly Code[]): Code => [id, ...sized(listed(entries))]
const named = (name: string): Code => sized([...new TextEncoder().encode(name)])

/**
 * Kernels over one memory of 64 KiB, compiled.
 *
 * @returns their functions by name, and `memory`
 */
export const compiled = <E>(kernels: readonly Kernel[]): E => {
  const types = kernels.map(({ parameters }) => [
    FUNCTION,
    ...listed(Array.from({ length: parameters }, () => [I32])),
    0,
  ])
  const code = kernels.map(({ vectors, body }) =>
    sized([...listed([[...unsigned(vectors), V128]]), ...body, 0x0b]),
  )
  const module = new WebAssembly.Module(
    Uint8Array.from([
      ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      ...section(1, types),
      ...section(
        3,
        kernels.map((_, i) => unsigned(i)),
      ),
      ...section(5, [[0, 1]]),
      ...section(7, [
        [...named('memory'), 2, 0],
        ...kernels.map(({ name }, i) => [...named(name), 0, ...unsigned(i)]),
      ]),
      ...section(10, code),
    ]),
  )
  return new WebAssembly.Instance<E>(module).exports
}
