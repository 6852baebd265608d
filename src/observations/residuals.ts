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
  type Shape,
  sizeOf,
  sub,
  type Tensor,
  zeros,
} from '../tensor/index.ts'
import { batchedObservations, type ObservationBatch } from './batches.ts'
import type { ObservationSet } from './observation-set.ts'

/** Signals at once. */
const BATCH = 64

/** Compiled residuals of a set. */
export interface ResidualProgram {
  /** Of signals [N, ...event], one for each observation: [N, ...out], in units of the noise. */
  of(x: NdArray<'float32'>): Promise<NdArray<'float32'>>
  /** [N, ...out]: 1 where y depends on the signal at all; undefined for operators that are not linear. */
  observed(): Promise<NdArray<'float32'> | undefined>
  release(): Promise<void>
}

/**
 * Prepares residuals for a set in the units of the data.
 *
 * @throws TweedieError `input` when the operator is unknown or does not make such observations
 */
export const residualProgram = (set: ObservationSet): ResidualProgram => {
  const batched = batchedObservations(set)
  const { count, event } = batched
  const program = jit((batch: ObservationBatch<Tensor>, x: Tensor) => {
    const { y, A } = batched.raw(batch)
    return div(sub(y, A.apply(x)), batch.noise.std ?? set.noise)
  })
  const of = async (x: NdArray<'float32'>): Promise<NdArray<'float32'>> => {
    const out = zeros(set.y.shape)
    const size = out.size / count
    await eachBatch(count, BATCH, async (from, to) => {
      const r = await program(batched.batch(from, to), rows(x, from, to))
      out.data.set(float32(r).data, from * size)
    })
    return out
  }
  /** An entry that two random signals leave the same does not depend on the signal. */
  const observed = async (): Promise<NdArray<'float32'> | undefined> => {
    if (!isLinear(set.operator)) return undefined
    const probe = (name: string) => of(normal(stream(0, name), [count, ...event]))
    const [a, b] = [(await probe('probe 1')).data, (await probe('probe 2')).data]
    return new NdArray(
      'float32',
      set.y.shape,
      a.map((v, i) => (v === b[i] ? 0 : 1)),
    )
  }
  return { of, observed, release: () => program.release() }
}

/** Residuals of draws [K, N, ...event]: [K, N, ...out]. */
export const residualsOfDraws = async (
  program: ResidualProgram,
  draws: NdArray<'float32'>,
  out: Shape,
): Promise<NdArray<'float32'>> => {
  const [k] = draws.shape
  const all = zeros([k, ...out])
  for (let d = 0; d < k; d++) {
    all.data.set((await program.of(itemAt(draws, d))).data, d * sizeOf(out))
  }
  return all
}
