/**
 * The Gaussian that predicts best: how many factors, and whether what they leave is a field, are chosen by
 * the predictive density of seen entries that are kept aside (Stone 1974; Geisser & Eddy 1979). The fit is
 * then made again of everything.
 */
import { TweedieError } from '../error.ts'
import type { ObservationSet } from '../observations/index.ts'
import { bernoulli, stream } from '../random/index.ts'
import { average } from '../tensor/index.ts'
import { type FactorFit, type FactorOptions, factorFit } from './factor-em.ts'
import { type FieldSearch, fieldParts, searchedField } from './field-search.ts'
import { kernels } from './matern.ts'
import { type FactorGaussian, predictiveLogDensities } from './predictive-density.ts'
import { type ResidualKernel, withField } from './residual-kernel.ts'
import { firstSeen, type SeenEntries } from './seen-entries.ts'
import {
  numbersPart,
  packedDone,
  packedPoint,
  partNumbers,
  type StartMemory,
  unpackedPoint,
} from './start-memory.ts'

/** One of the Gaussians that were compared. */
export interface GaussianCandidate {
  readonly rank: number
  readonly field?: ResidualKernel
  /** Mean ln p of a held entry, in nats. */
  readonly score: number
}

/** What was chosen, and by what. */
export interface GaussianChoice extends GaussianCandidate {
  /** What a held entry gains over means and variances alone, in nats on average, and its standard error. */
  readonly gain: { readonly mean: number; readonly error: number }
  /** Entries that it was chosen by. */
  readonly held: number
  readonly observations: number
  /** Seen observations of an entry, on average. */
  readonly seen: number
  readonly compared: readonly GaussianCandidate[]
}

/** Share of the seen entries that is kept aside. */
const SHARE = 0.1

/** Ranks that are tried, while they predict better. */
const LADDER = [1, 2, 4, 8, 16, 32, 64] as const

/** Observations that the choice is made by, at most, and of these those that predictions are made for. */
const [CHOSEN_BY, PREDICTED] = [512, 128] as const

/** Nats of an entry that a field must gain. */
const GAIN = 1e-3

/** The Gaussian of a fit: what is not known of its rows goes into the variances of the entries. */
const gaussianOf = ({ size, rank, rows, spread, variance }: FactorFit): FactorGaussian => {
  const q = rank + 1
  const factor = new Float64Array(size * rank)
  for (let p = 0; p < size; p++) factor.set(rows.subarray(p * q + 1, (p + 1) * q), p * rank)
  return {
    mean: Float64Array.from({ length: size }, (_, p) => rows[p * q]),
    factor,
    variance: variance.map((d, p) => {
      let sum = d
      for (let j = 0; j < q; j++) sum += spread[(p * q + j) * q + j]
      return sum
    }),
  }
}

/** Without a random share of what was seen. */
const withoutHeld = (all: SeenEntries, seed: number): SeenEntries => {
  const drop = bernoulli(stream(seed, 'gaussian choice'), SHARE, [all.count, all.size]).data
  const seen = all.seen.map((s, i) => (s && Number(drop[i]) === 0 ? 1 : 0))
  return { ...all, seen, y: all.y.map((v, i) => (seen[i] ? v : 0)) }
}

/** Values that the mean over all entries counts for, in the moments of each. */
const COUNT = 6

/** Means and variances alone, each drawn to those of all entries. */
const diagonalGaussian = ({ count, size, y, seen, noise }: SeenEntries): FactorGaussian => {
  let [n, sum] = [0, 0]
  for (let i = 0; i < y.length; i++) {
    n += seen[i]
    sum += y[i]
  }
  const center = sum / Math.max(n, 1)
  let total = 0
  for (let i = 0; i < y.length; i++) if (seen[i]) total += ((y[i] - center) ** 2 - noise[i]) / n
  total = Math.max(total, 1e-6)
  const [mean, variance] = [new Float64Array(size), new Float64Array(size)]
  for (let p = 0; p < size; p++) {
    const own: number[] = []
    for (let i = 0; i < count; i++) if (seen[i * size + p]) own.push(i * size + p)
    const share = (prior: number, values: number): number => (values + COUNT * prior) / (own.length + COUNT)
    mean[p] = share(
      center,
      own.reduce((a, at) => a + y[at], 0),
    )
    variance[p] = Math.max(
      share(
        total,
        own.reduce((a, at) => a + (y[at] - mean[p]) ** 2 - noise[at], 0),
      ),
      1e-6,
    )
  }
  return { mean, variance, factor: new Float64Array(0) }
}

const figure = (value: number): string => value.toPrecision(2)

/**
 * What a choice says of the observations, in one or two sentences.
 *
 * @example
 * ```ts
 * const onChoice = (choice: GaussianChoice) => console.log(gaussianFinding(choice))
 * const start = await gaussianStart(set, { onChoice }) // "a Gaussian of 4 factors, chosen from 500 …"
 * ```
 */
export const gaussianFinding = (choice: GaussianChoice): string => {
  const { rank, field, gain, held, observations, seen } = choice
  const factors = rank === 1 ? '1 factor' : `${rank} factors`
  const article = field?.kernel === 'exponential' ? 'an' : 'a'
  const beside = field ? ` beside ${article} ${field.kernel} field of range ${figure(field.range)}` : ''
  const told =
    gain.mean > 2 * gain.error
      ? `better than means and variances alone by ${figure(gain.mean)} nats each`
      : 'no better than means and variances alone: nothing is told of how entries go together'
  const few =
    seen < FEW
      ? `; each entry was seen ${Math.round(seen)} times, which is little for a network to learn more from`
      : ''
  return (
    `a Gaussian of ${factors}${beside}, chosen from ${observations} observations, ` +
    `predicts ${held} held-out entries ${told}${few}`
  )
}

/** Seen observations of an entry below which there is little to learn beside a Gaussian. */
const FEW = 100

/** How a choice is made. */
export interface ChoiceOptions {
  readonly seed: number
  /** Passes of each fit, at most. */
  readonly passes: number
  /** After each candidate, and after the last fit. */
  readonly onProgress?: (done: number, total: number, gaussian: FactorGaussian) => void
  /** Before each pass: throws to stop. */
  readonly check?: () => void
  /** Fits and readings that were made before. */
  readonly memory: StartMemory
}

/**
 * A fit of the memory, where it is over; else it is made from where the memory has it.
 *
 * @param readings - numbers to be kept with it
 */
const keptFit = async (
  name: string,
  data: SeenEntries,
  options: Omit<FactorOptions, 'passes' | 'seed'>,
  { memory, passes, seed, check }: ChoiceOptions,
  readings: (fit: FactorFit) => Float64Array = () => new Float64Array(0),
): Promise<{ readonly fit: FactorFit; readonly terms: Float64Array }> => {
  const part = memory.find(name)
  const before = part && unpackedPoint(part)
  if (part && before && !before.point) return { fit: before.fit, terms: partNumbers(part, 'terms') }
  const fit = await factorFit(data, {
    ...options,
    passes,
    seed,
    ...(before?.point ? { resume: before.point } : {}),
    onPass: (point) => {
      check?.()
      if (memory.due()) memory.keep(name, packedPoint(point))
    },
  })
  const terms = readings(fit)
  memory.keep(name, packedDone(fit, { terms: numbersPart(terms) }))
  return { fit, terms }
}

/** A fit, its Gaussian, and ln p of the held entries that it predicts. */
interface Rung {
  readonly fit: FactorFit
  readonly gaussian: FactorGaussian
  readonly terms: Float64Array
}

/** Mean of what held entries gain, and its standard error. */
const gainOf = (terms: Float64Array, over: Float64Array) => {
  const gains = terms.map((value, i) => value - over[i])
  const mean = average(gains)
  const variance = average(gains.map((gain) => (gain - mean) ** 2))
  return { mean, error: Math.sqrt(variance / gains.length) }
}

/** Fits of growing rank, each begun with the one before, until two of them predict no better. */
const climbed = async (all: SeenEntries, given: SeenEntries, options: ChoiceOptions) => {
  const predicted = Math.min(PREDICTED, all.count)
  const rungs: Rung[] = []
  let best = 0
  for (const rank of LADDER) {
    if (rank > Math.min(all.size, all.count)) break
    const { fit, terms } = await keptFit(
      `factors-${rank}`,
      given,
      { rank, from: rungs.at(-1)?.fit },
      options,
      (made) => predictiveLogDensities(gaussianOf(made), all, given, predicted),
    )
    const gaussian = gaussianOf(fit)
    rungs.push({ fit, gaussian, terms })
    options.onProgress?.(rungs.length, LADDER.length + 1, gaussian)
    // Fewer factors unless more gain more than the standard error (Breiman et al. 1984, 3.4.3).
    const gain = gainOf(terms, rungs[best].terms)
    if (gain.mean > gain.error) best = rungs.length - 1
    else if (rungs.length - 1 - best > 1) break
  }
  return { rungs, best }
}

/** Kernels by number. */
const KERNELS = Object.keys(kernels).filter((name): name is keyof typeof kernels => name in kernels)

/** A field of the memory and its gain; else it is searched. */
const keptField = (
  name: string,
  { memory }: ChoiceOptions,
  search: () => FieldSearch,
): Pick<FieldSearch, 'field' | 'gain'> => {
  const part = memory.find(name)
  if (part) {
    const [kernel, range, share, scale, channels, gain] = partNumbers(part, 'field')
    return { field: { kernel: KERNELS[kernel], range, share, scale, channels }, gain }
  }
  const { field, gain } = search()
  const { kernel, range, share, scale, channels } = field
  memory.keep(name, { field: numbersPart([KERNELS.indexOf(kernel), range, share, scale, channels, gain]) })
  return { field, gain }
}

/**
 * The Gaussian of an earlier choice, fitted to these observations: factors up to the rank of the choice, each
 * begun with those before it as when it was made, but nothing is compared.
 */
const refitted = async (
  set: Pick<ObservationSet, 'operator' | 'view'>,
  data: SeenEntries,
  choice: GaussianChoice,
  options: ChoiceOptions,
): Promise<ChosenGaussian> => {
  const some = firstSeen(data, Math.min(CHOSEN_BY, data.count))
  let from: FactorFit | undefined
  const ranks = LADDER.filter((rank) => rank <= choice.rank)
  for (const [i, rank] of ranks.entries()) {
    from = (await keptFit(`factors-${rank}`, some, { rank, from }, options)).fit
    options.onProgress?.(i + 1, ranks.length + 1, gaussianOf(from))
  }
  const { fit } = await keptFit('last', data, { rank: choice.rank, from }, options)
  const plain = gaussianOf(fit)
  const { field } = choice
  const gaussian = field ? withField(plain, fieldParts(set, field), field) : plain
  options.onProgress?.(ranks.length + 1, ranks.length + 1, gaussian)
  return { gaussian, plain, choice }
}

/** The Gaussian that was chosen. */
export interface ChosenGaussian {
  /** With the field that was chosen, as columns. */
  readonly gaussian: FactorGaussian
  /** Without it. */
  readonly plain: FactorGaussian
  readonly choice: GaussianChoice
}

/**
 * Chooses and fits a Gaussian to masked observations.
 *
 * @param set - for the places of its entries
 * @param data - what it shows
 * @param options - with a choice that was made before, none is made
 * @throws TweedieError `input` when too little was seen to keep anything aside
 */
export const chosenGaussian = async (
  set: Pick<ObservationSet, 'operator' | 'view'>,
  data: SeenEntries,
  options: ChoiceOptions & { readonly choice?: GaussianChoice },
): Promise<ChosenGaussian> => {
  if (options.choice) return refitted(set, data, options.choice, options)
  const all = firstSeen(data, Math.min(CHOSEN_BY, data.count))
  const given = withoutHeld(all, options.seed)
  const total = (seen: Uint8Array): number => seen.reduce((a, b) => a + b, 0)
  const held = total(all.seen) - total(given.seen)
  if (held === 0)
    throw new TweedieError('input', 'the Gaussian start: too little was seen to learn from; give its rank')
  const { rungs, best: top } = await climbed(all, given, options)
  const search = searchedField(set, all, given)
  const compared: GaussianCandidate[] = rungs.map(({ fit, terms }) => ({
    rank: fit.rank,
    score: average(terms),
  }))
  let best: { index: number; score: number; found?: Pick<FieldSearch, 'field' | 'gain'> } = {
    index: top,
    score: compared[top].score,
  }
  // With a field beside them fewer factors may do: down from the best rank while that is so.
  for (let index = top; search && index >= 0; index--) {
    options.check?.()
    const found = keptField(`field-${index}`, options, () => search(rungs[index].gaussian, best.found?.field))
    const score = compared[index].score + found.gain
    compared.push({ rank: rungs[index].fit.rank, field: found.field, score })
    if (score > best.score + GAIN) best = { index, score, found }
    else if (index < top) break
  }
  const chosen = rungs[best.index]
  const { found } = best
  const parts = found && fieldParts(set, found.field)
  const beside = (own: FactorGaussian) => (found && parts ? withField(own, parts, found.field) : own)
  const told = beside(chosen.gaussian)
  const predicted = (of: FactorGaussian) =>
    predictiveLogDensities(of, all, given, Math.min(PREDICTED, all.count))
  const gain = gainOf(predicted(told), predicted(diagonalGaussian(given)))
  const { fit } = chosen
  const last = await keptFit('last', data, { rank: fit.rank, from: fit }, options)
  const plain = gaussianOf(last.fit)
  const gaussian = beside(plain)
  options.onProgress?.(LADDER.length + 1, LADDER.length + 1, gaussian)
  return {
    gaussian,
    plain,
    choice: {
      rank: fit.rank,
      ...(found ? { field: found.field } : {}),
      score: best.score,
      gain,
      held,
      observations: data.count,
      seen: total(data.seen) / data.size,
      compared,
    },
  }
}
