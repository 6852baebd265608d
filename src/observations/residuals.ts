/** Residuals (y − A x)/σ of signals for an observation set. */
import { isLinear } from '../operators/index.ts'
import { normal, stream } from '../random/index.ts'
import {
  div,
  eachBatch,
  float32,
  itemAt,
  jit,
  NdArray,
  rows,
  sizeOf,
  sub,
  type Tensor,
  zeros,
} from '../tensor/index.ts'
import { batchedObservations, type ObservationBatch } from './batches.ts'
import type { Observations } from './observation-source.ts'

/** Signals at once. */
const BATCH = 64

/** Compiled residuals of a set. */
export interface ResidualProgram {
  /**
   * Of signals [n, ...event] of the observations from … from + n − 1: [n, ...out], in units of the noise.
   *
   * @param from - default 0
   */
  of(x: NdArray<'float32'>, from?: number): Promise<NdArray<'float32'>>
  /**
   * Of observations from … to − 1, by default all, [to − from, ...out]: 1 where y depends on the signal at
   * all; undefined for operators that are not linear.
   */
  observed(from?: number, to?: number): Promise<NdArray<'float32'> | undefined>
  release(): Promise<void>
}

/**
 * Prepares residuals for a set in the units of the data, of which rows are read when they are asked for.
 *
 * @throws TweedieError `input` when the operator is unknown or does not make such observations
 */
export const residualProgram = (set: Observations): ResidualProgram => {
  const batched = batchedObservations(set)
  const { count, event } = batched
  const out = set.y.shape.slice(1)
  const program = jit((batch: ObservationBatch<Tensor>, x: Tensor) => {
    const { y, A } = batched.raw(batch)
    return div(sub(y, A.apply(x)), batch.noise.std ?? set.noise)
  })
  const of = async (x: NdArray<'float32'>, first = 0): Promise<NdArray<'float32'>> => {
    const all = zeros([x.shape[0], ...out])
    await eachBatch(x.shape[0], BATCH, async (from, to) => {
      const r = await program(batched.batch(first + from, first + to), rows(x, from, to))
      all.data.set(float32(r).data, from * sizeOf(out))
    })
    return all
  }
  /** An entry that two random signals leave the same does not depend on the signal. */
  const observed = async (from = 0, to = count): Promise<NdArray<'float32'> | undefined> => {
    if (!isLinear(set.operator)) return undefined
    const probe = (name: string) => {
      const at = { element: from * sizeOf(event) }
      return of(normal(stream(0, name), [to - from, ...event], at), from)
    }
    const [a, b] = [(await probe('probe 1')).data, (await probe('probe 2')).data]
    return new NdArray(
      'float32',
      [to - from, ...out],
      a.map((v, i) => (v === b[i] ? 0 : 1)),
    )
  }
  return { of, observed, release: () => program.release() }
}

/**
 * Residuals of draws [K, n, ...event] of the observations from … from + n − 1: [K, n, ...out].
 *
 * @param from - default 0
 */
export const residualsOfDraws = async (
  program: ResidualProgram,
  draws: NdArray<'float32'>,
  from = 0,
): Promise<NdArray<'float32'>> => {
  const each: NdArray<'float32'>[] = []
  for (let d = 0; d < draws.shape[0]; d++) each.push(await program.of(itemAt(draws, d), from))
  const all = zeros([each.length, ...each[0].shape])
  for (const [d, r] of each.entries()) all.data.set(r.data, d * r.size)
  return all
}
