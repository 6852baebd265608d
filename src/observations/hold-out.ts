/**
 * An observation set in two independent parts, one to draw from and one to judge by, without any truth.
 *
 * Where a mask says what was observed, entries of x or columns of the Fourier plane, some of that is held
 * out. Of any other operator y is split by data fission (Leiner, Duan, Wasserman & Ramdas 2023): with ζ of
 * the law of the noise and γ² = s/(1 − s),
 *
 *   y + γ ζ   and   y − ζ/γ
 *
 * are independent given x, with noise σ/√(1 − s) and σ/√s: a share s of what y says of x is held out.
 */
import { TweedieError } from '../error.ts'
import { familyOf } from '../operators/index.ts'
import { bernoulli, normal, stream } from '../random/index.ts'
import { NdArray, sizeOf } from '../tensor/index.ts'
import { noiseLevel, type ObservationSet } from './observation-set.ts'
import { countOf, type Observations, observationsAt, readRows } from './observation-source.ts'
import { observedMask } from './observed.ts'

/** How to split. */
export interface HoldOutOptions {
  /** Share of what was seen, or of what y says, that is held out, in (0, 1); default 0.2. */
  readonly share?: number
  /** Seed of what is held out, default 0. */
  readonly seed?: number
}

/** The two parts, of the same operator and signals. */
export interface HoldOut {
  /** To draw from. */
  readonly given: ObservationSet
  /** To judge by. */
  readonly held: ObservationSet
}

/** Entries of masks that are looked at in one go. */
const PIECE = 2 ** 20

/** What the rows of the mask of a set have to spare: 1, else 0, in the shape of one row. */
const spareOf = (observations: Observations): Uint8Array => {
  const { operator } = observations
  const own = sizeOf(operator.parameters.mask.shape.slice(1))
  const always = new Uint8Array(own).fill(familyOf(operator.name).deletes ? 0 : 1)
  const [count, each] = [countOf(observations), Math.max(1, Math.floor(PIECE / own))]
  for (let from = 0; from < count; from += each) {
    const { mask } = readRows(observations, from, Math.min(count, from + each)).operator.parameters
    for (let i = 0; i < mask.size; i++) if (mask.data[i] === 0) always[i % own] = 0
  }
  return always.every((a) => a === 1) ? always : always.map((a) => 1 - a)
}

/** What was seen in two parts, by what is dropped: 1, else 0, like the rows of the mask, [N, ...]. */
const divided = (set: ObservationSet, drop: ArrayLike<number>): HoldOut => {
  const { y, operator } = set
  const { mask } = operator.parameters
  const [count, size] = [y.shape[0], sizeOf(y.shape.slice(1))]
  const own = sizeOf(mask.shape.slice(1))
  const shape = [count, ...mask.shape.slice(1)]
  const part = (isHeld: number): ObservationSet => {
    const kept = Float32Array.from({ length: count * own }, (_, i) =>
      drop[i] === isHeld ? mask.data[i % mask.size] : 0,
    )
    const seen = y.data.map((v, i) => (kept[Math.floor(i / size) * own + (i % own)] === 0 ? 0 : v))
    const parameters = { ...operator.parameters, mask: new NdArray('float32', shape, kept) }
    return { ...set, y: new NdArray('float32', y.shape, seen), operator: { ...operator, parameters } }
  }
  return { given: part(0), held: part(1) }
}

/** How observations are split, and which number the first of them has. */
interface Split extends Required<HoldOutOptions> {
  readonly from: number
}

/**
 * Some of what was seen; channels that share a mask lose it together. The columns of the Fourier plane that
 * all observations sampled, its middle, stay: no observation will ever be without them.
 */
const withoutSeen = (set: ObservationSet, may: Uint8Array, { share, seed, from }: Split): HoldOut => {
  const own = may.length
  const shape = [set.y.shape[0], ...set.operator.parameters.mask.shape.slice(1)]
  const drop = bernoulli(stream(seed, 'held'), share, shape, { element: from * own }).data
  return divided(
    set,
    Float32Array.from(drop, (d, i) => Number(d) * may[i % own]),
  )
}

/** Whether a mask says what was observed, so that what was seen is divided, and not its noise. */
export const hasMask = ({ operator: { name, parameters } }: Pick<Observations, 'operator'>): boolean =>
  parameters.mask !== undefined && familyOf(name).parameters.mask !== undefined

/**
 * Holds out what each observation saw where another one saw nothing, so that gaps are like those that are to
 * be filled: as long, and at such places. Undefined where no mask says what was seen, or all are the same.
 *
 * @param others - of the same operator; row i of `which` is the observation whose gaps i gets
 */
export const holdOutGaps = (
  set: ObservationSet,
  others: Observations,
  which: readonly number[],
): HoldOut | undefined => {
  if (!hasMask(set) || others.operator.parameters.mask.shape[0] === 1) return undefined
  const { mask } = observationsAt(others, which).operator.parameters
  const parts = divided(
    set,
    mask.data.map((m) => (m === 0 ? 1 : 0)),
  )
  return parts.held.operator.parameters.mask.data.some((m) => m !== 0) ? parts : undefined
}

/** Noise of another size. */
const scaled = (set: ObservationSet, factor: number): Pick<ObservationSet, 'noise' | 'std'> => {
  if (!set.std) return { noise: factor * set.noise }
  const std = new NdArray(
    'float32',
    set.std.shape,
    set.std.data.map((s) => factor * s),
  )
  return { noise: noiseLevel(std), std }
}

/** Held out unless told otherwise. */
const SHARE = 0.2

/** Noise of the parts over that of y, where what was seen is divided. */
const UNCHANGED = { given: 1, held: 1 } as const

/** The same of fission. */
const fissionFactors = (share = SHARE) => ({
  given: 1 / Math.sqrt(1 - share),
  held: 1 / Math.sqrt(share),
})

const fission = async (set: ObservationSet, { share, seed, from }: Split): Promise<HoldOut> => {
  const { y, std, noise } = set
  const seen = await observedMask(set)
  const zeta = normal(stream(seed, 'fission'), y.shape, {
    element: from * sizeOf(y.shape.slice(1)),
  }).data.map((z, i) => (std ? std.data[i % std.size] : noise) * z * (seen ? seen.data[i] : 1))
  const gamma = Math.sqrt(share / (1 - share))
  const factors = fissionFactors(share)
  const plus = (factor: number) =>
    new NdArray(
      'float32',
      y.shape,
      y.data.map((v, i) => v + factor * zeta[i]),
    )
  return {
    given: { ...set, y: plus(gamma), ...scaled(set, factors.given) },
    held: { ...set, y: plus(-1 / gamma), ...scaled(set, factors.held) },
  }
}

/**
 * How to split some observations of a set, of which the first one has the number `from`.
 *
 * @throws TweedieError as `holdOut`
 */
const splitOf = (
  observations: Observations,
  { share = SHARE, seed = 0 }: HoldOutOptions,
): ((part: ObservationSet, from: number) => Promise<HoldOut>) => {
  if (!(share > 0 && share < 1))
    throw new TweedieError('input', `hold out: the share must be in (0, 1), got ${share}`)
  if (observations.operator.truth)
    throw new TweedieError('input', 'hold out: needs the parameters of the operator, which blind sets hide')
  if (!hasMask(observations)) return (part, from) => fission(part, { share, seed, from })
  const may = spareOf(observations)
  return async (part, from) => withoutSeen(part, may, { share, seed, from })
}

/** Observations that are split when they are asked for. */
export interface HoldOutRows {
  /** The parts of observations from … to − 1, as they are when all are split at once. */
  readonly rows: (from: number, to: number) => Promise<HoldOut>
  /** Level of the noise of all. */
  readonly noise: Readonly<Record<keyof HoldOut, number>>
}

/**
 * {@link holdOut} of observations of which rows are read when they are asked for; masks are gone through once
 * before.
 *
 * @throws TweedieError as `holdOut`
 *
 * @example
 * ```ts
 * const { rows } = holdOutRows(openObservations('slices.safetensors'), { share: 0.2, seed: 1 })
 * const { given, held } = await rows(0, 64)
 * ```
 */
export const holdOutRows = (observations: Observations, options: HoldOutOptions = {}): HoldOutRows => {
  const split = splitOf(observations, options)
  const { given, held } = hasMask(observations) ? UNCHANGED : fissionFactors(options.share)
  return {
    rows: (from, to) => split(readRows(observations, from, to), from),
    noise: { given: given * observations.noise, held: held * observations.noise },
  }
}

/**
 * Splits observations into a part to draw from and an independent one to judge by: what was seen is divided
 * where a mask says what that is, data fission of the Gaussian noise otherwise.
 *
 * @throws TweedieError `input` for a share outside (0, 1), and for blind sets, whose operator is not known
 *
 * @example
 * ```ts
 * const { given, held } = await holdOut(readObservations('test.npz'), { share: 0.2, seed: 1 })
 * ```
 */
export const holdOut = async (set: ObservationSet, options: HoldOutOptions = {}): Promise<HoldOut> =>
  splitOf(set, options)(set, 0)
