/** Noisy observations of which some entries are missing. */
import { maskedBy, type ObservationSet } from '../../src/observations/index.ts'
import type { DataRange } from '../../src/operators/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { NdArray, sizeOf } from '../../src/tensor/index.ts'

/** The units of the data, and what of them is known. */
export interface Measured {
  /** [N, ...event], or [N, 1, ...] for all channels alike; 1 where seen. */
  readonly mask: NdArray<'float32'>
  /** Standard deviation, in the units of the data. */
  readonly noise: number
  readonly range: DataRange
  /** 1 where an entry of x is one, 0 on land. */
  readonly valid?: NdArray<'float32'>
}

/** x + noise, of items that have nothing to do with each other. */
export const noisy = (truth: NdArray<'float32'>, noise: number): NdArray<'float32'> => {
  const z = normal(stream(0, 'own data noise'), truth.shape).data
  return new NdArray(
    'float32',
    truth.shape,
    truth.data.map((v, i) => v + noise * z[i]),
  )
}

/** y = m ∘ (x + noise) for noisy x [N, ...event]. */
export const masked = (x: NdArray<'float32'>, { mask, noise, range, valid }: Measured): ObservationSet => {
  const [count, ...event] = x.shape
  const [size, own] = [sizeOf(event), mask.size / count]
  const seen = (i: number) => mask.data[Math.floor(i / size) * own + (i % own)] !== 0
  return {
    y: new NdArray(
      'float32',
      x.shape,
      x.data.map((v, i) => (seen(i) ? v : 0)),
    ),
    operator: maskedBy(mask, event),
    noise,
    range,
    ...(valid ? { valid } : {}),
  }
}
