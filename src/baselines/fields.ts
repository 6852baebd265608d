/**
 * Observations as fields: what one observation says of channels that are seen alike, y_c = A x_c + n, with A
 * written out. Entries of y that do not depend on x are left out.
 */
import { TweedieError } from '../error.ts'
import {
  batchedObservations,
  keptEntries,
  type ObservationBatch,
  type ObservationSet,
  observedMask,
} from '../observations/index.ts'
import { makeOperator, requireLinear } from '../operators/index.ts'
import { normal, stream } from '../random/index.ts'
import { jit, NdArray, reshape, sizeOf, type Tensor } from '../tensor/index.ts'

/** A of M entries of y and P entries of x: the entries that it shows, or a matrix [M, P]. */
type Rows =
  | { readonly kind: 'entries'; readonly at: Int32Array }
  | { readonly kind: 'dense'; readonly matrix: Float64Array }

/** One observation of some of the channels of x. */
export interface Field {
  readonly channels: readonly number[]
  readonly rows: Rows
  /** Of the noise, [M]. */
  readonly variance: Float64Array
  /** y of each of the channels, [M] each. */
  readonly ys: readonly Float64Array[]
}

/** The fields of one observation, one after the other. */
export interface Fields {
  readonly count: number
  /** Rows of A where it is written out, before those that do not depend on x are left out; else undefined. */
  readonly written?: number
  /** Entries of each field of an observation without writing A out; some more where only A tells. */
  seen(observation: number): Promise<readonly number[]>
  of(observation: number): Promise<readonly Field[]>
  release(): Promise<void>
}

/** Standard deviation of the noise of entry j of observation i. */
const stdOf =
  ({ std, noise, y }: ObservationSet) =>
  (i: number, j: number): number =>
    std ? std.data[(i * (y.size / y.shape[0]) + j) % std.size] : noise

/** Channels with the same seen entries and the same noise are one field. */
const maskedFields = (set: ObservationSet, kept: NdArray<'float32'>, channels: number): Fields => {
  const size = sizeOf(set.operator.event) / channels
  const std = stdOf(set)
  const of = async (i: number): Promise<Field[]> => {
    const groups = new Map<string, { at: number[]; members: number[] }>()
    for (let c = 0; c < channels; c++) {
      const from = (i * channels + c) * size
      const at = Array.from({ length: size }, (_, p) => p).filter((p) => kept.data[from + p] !== 0)
      const noises = set.std ? at.map((p) => std(i, c * size + p)) : []
      const key = `${at.join()};${noises.join()}`
      const known = groups.get(key)
      if (known) known.members.push(c)
      else groups.set(key, { at, members: [c] })
    }
    return [...groups.values()].map(({ at, members }) => ({
      channels: members,
      rows: { kind: 'entries', at: Int32Array.from(at) },
      variance: Float64Array.from(at, (p) => std(i, members[0] * size + p) ** 2),
      ys: members.map((c) => Float64Array.from(at, (p) => set.y.data[(i * channels + c) * size + p])),
    }))
  }
  const seen = async (i: number) => (await of(i)).map(({ variance }) => variance.length)
  return { count: set.y.shape[0], seen, of, release: async () => {} }
}

/** Unit vectors of a channel, [P, ...event of one channel]. */
const units = (event: readonly number[]): NdArray<'float32'> => {
  const n = sizeOf(event)
  const data = new Float32Array(n * n)
  for (let i = 0; i < n; i++) data[i * (n + 1)] = 1
  return new NdArray('float32', [n, ...event], data)
}

/** Relative difference of what two programs make of the same x that is rounding of float32. */
const ROUNDING = 1e-4

/**
 * Operators that treat each channel by itself, and alike: A of an event of one channel is then the same A.
 *
 * @throws TweedieError `input` for an operator that mixes channels
 */
const channelwise = (set: ObservationSet, channels: number): Fields => {
  const { operator, y } = set
  const { event } = operator
  const batched = batchedObservations(set)
  const single = event.length === 1 ? event : [1, ...event.slice(1)]
  const refusal = new TweedieError(
    'input',
    `kriging takes operators that act on each channel alike, '${operator.name}' on [${event}] does not`,
  )
  const one = (batch: ObservationBatch<Tensor>) =>
    requireLinear(makeOperator(operator, batch.parameters, single), 'kriging')
  const columns = jit((batch: ObservationBatch<Tensor>, x: Tensor) => {
    const seen = one(batch).apply(x)
    return reshape(seen, [x.shape[0], sizeOf(seen.shape.slice(1))])
  })
  const together = jit((batch: ObservationBatch<Tensor>, x: Tensor) => batched.raw(batch).A.apply(x))
  const basis = units(single)
  const size = basis.shape[0]
  const std = stdOf(set)
  /** A [M, P] of observation i, from its columns. */
  const matrixOf = async (i: number): Promise<Float64Array> => {
    const made = await columns(batched.batch(i, i + 1), basis)
    const m = made.shape[1]
    if (m * channels !== y.size / batched.count) throw refusal
    return Float64Array.from({ length: m * size }, (_, k) =>
      Number(made.data[(k % size) * m + Math.floor(k / size)]),
    )
  }
  /** Whether all channels at once are seen as each alone. */
  const checkMixing = async (matrix: Float64Array): Promise<void> => {
    const x = normal(stream(0, 'channels'), [1, ...event])
    const seen = await together(batched.batch(0, 1), x)
    const m = matrix.length / size
    for (let j = 0; j < seen.size; j++) {
      const [c, row] = [Math.floor(j / m), j % m]
      let [sum, scale] = [0, 0]
      for (let p = 0; p < size; p++) {
        const term = matrix[row * size + p] * x.data[c * size + p]
        sum += term
        scale += Math.abs(term)
      }
      if (Math.abs(sum - Number(seen.data[j])) > ROUNDING * (scale + 1e-12)) throw refusal
    }
  }
  const shared = Object.values(operator.parameters).every(({ shape }) => shape[0] === 1)
  let last: Float64Array | undefined
  const of = async (i: number): Promise<Field[]> => {
    const matrix = (shared ? last : undefined) ?? (await matrixOf(i))
    if (!last && channels > 1) await checkMixing(i === 0 ? matrix : await matrixOf(0))
    last = matrix
    const m = matrix.length / size
    const depends = (row: number) => matrix.subarray(row * size, (row + 1) * size).some((a) => a !== 0)
    const at = Array.from({ length: m }, (_, row) => row).filter(depends)
    const own = new Float64Array(at.length * size)
    for (const [k, row] of at.entries()) own.set(matrix.subarray(row * size, (row + 1) * size), k * size)
    const field = (members: number[]): Field => ({
      channels: members,
      rows: { kind: 'dense', matrix: own },
      variance: Float64Array.from(at, (row) => std(i, members[0] * m + row) ** 2),
      ys: members.map((c) => Float64Array.from(at, (row) => y.data[(i * channels + c) * m + row])),
    })
    const all = Array.from({ length: channels }, (_, c) => c)
    return set.std ? all.map((c) => field([c])) : [field(all)]
  }
  const release = async () => {
    await columns.release()
    await together.release()
  }
  const written = y.size / batched.count / channels
  let observed: Promise<NdArray<'float32'> | undefined> | undefined
  const seen = async (i: number): Promise<number[]> => {
    observed ??= observedMask(set)
    const own = (await observed)?.data.subarray(i * channels * written, (i + 1) * channels * written)
    const entries = own ? own.reduce((sum, v) => sum + v, 0) / channels : written
    return new Array(set.std ? channels : 1).fill(entries)
  }
  return { count: batched.count, written, seen, of, release }
}

/**
 * The fields of a set of linear observations.
 *
 * @throws TweedieError `input` (also later) for an operator other than a mask that mixes channels
 */
export const fieldsOf = (set: ObservationSet, channels: number): Fields => {
  const kept = keptEntries(set)
  return kept ? maskedFields(set, kept, channels) : channelwise(set, channels)
}

/** A field of some of the entries of its y. */
export const subfield = ({ channels, rows, variance, ys }: Field, chosen: readonly number[]): Field => {
  const size = rows.kind === 'dense' ? rows.matrix.length / variance.length : 0
  const pick = (values: Float64Array) => Float64Array.from(chosen, (j) => values[j])
  return {
    channels,
    rows:
      rows.kind === 'entries'
        ? { kind: 'entries', at: Int32Array.from(chosen, (j) => rows.at[j]) }
        : {
            kind: 'dense',
            matrix: Float64Array.from({ length: chosen.length * size }, (_, k) => {
              const row = chosen[Math.floor(k / size)]
              return rows.matrix[row * size + (k % size)]
            }),
          },
    variance: pick(variance),
    ys: ys.map(pick),
  }
}

/** A x for x [P]. */
export const seenOf = ({ rows, variance }: Field, x: ArrayLike<number>): Float64Array => {
  if (rows.kind === 'entries') return Float64Array.from(rows.at, (p) => x[p])
  const size = x.length
  return Float64Array.from(variance, (_, row) => {
    let sum = 0
    for (let p = 0; p < size; p++) sum += rows.matrix[row * size + p] * x[p]
    return sum
  })
}
