/** How far a sampler can be trusted, as its manifest says it: `trustSchema` of `tweedie/run`. */
import { fieldsOf, listOf, numberOf, type Range, rangeOf, sizeIn, textOf, wrong } from './fields.ts'

/** What draws of some observations were worth. */
interface Worth {
  /** Share of the missing entries whose 90 % interval held the truth, and its standard error. */
  readonly coverage: number
  readonly standardError?: number
  /** Of the mean, dB. */
  readonly psnr: number
}

/** Which observations: all, or of a kind of mask, or of noise in a range. */
interface Which {
  readonly masks?: string
  readonly noise?: Range
  /** How many there were. */
  readonly observations: number
}

/** Names of what can be told of an observation and its draws without the truth. */
const evidenceNames = ['seen', 'hole', 'edges', 'noise', 'residual', 'excess'] as const
export type EvidenceName = (typeof evidenceNames)[number]

/** What was measured of some observations. */
export interface Cell extends Which, Worth {
  /** Different items among these observations. */
  readonly items: number
  /** Ranges over these observations, of those that were measured. */
  readonly evidence: Readonly<Partial<Record<EvidenceName, Range>>>
}

/** Another method and the sampler on the same observations. */
interface BesideCell extends Which, Worth {
  readonly sampler: Worth
}

/** What was measured on data with known truth. */
export interface Measured {
  /** Of samplers with a density: coefficients of `expectedLogq` of `tweedie/amortize`. */
  readonly expectedLogq?: readonly number[]
  readonly cells: readonly Cell[]
  readonly beside?: { readonly method: string; readonly cells: readonly BesideCell[] }
}

/** The level that the page speaks of. */
const LEVEL = 0.9

const worthOf = (value: unknown, where: string): Worth => {
  const { coverage, psnrMean } = fieldsOf(value, where)
  const levels = listOf(coverage, `${where}.coverage`, fieldsOf)
  const at = levels.findIndex(({ level }) => level === LEVEL)
  if (at < 0) throw wrong(`${where}.coverage must hold the level ${LEVEL}`)
  const { observed, standardError } = levels[at]
  const field = `${where}.coverage[${at}]`
  return {
    coverage: numberOf(observed, `${field}.observed`),
    ...(standardError === undefined
      ? {}
      : { standardError: numberOf(standardError, `${field}.standardError`) }),
    psnr: numberOf(psnrMean, `${where}.psnrMean`),
  }
}

const whichOf = (value: unknown, where: string): Which => {
  const { masks, noise, observations } = fieldsOf(value, where)
  return {
    ...(masks === undefined ? {} : { masks: textOf(masks, `${where}.masks`) }),
    ...(noise === undefined ? {} : { noise: rangeOf(noise, `${where}.noise`) }),
    observations: sizeIn(observations, `${where}.observations`),
  }
}

const cellOf = (value: unknown, where: string): Cell => {
  const { evidence = {}, items } = fieldsOf(value, where)
  const given = fieldsOf(evidence, `${where}.evidence`)
  const ranges = evidenceNames.flatMap((name) =>
    given[name] === undefined ? [] : [[name, rangeOf(given[name], `${where}.evidence.${name}`)] as const],
  )
  const which = whichOf(value, where)
  return {
    ...which,
    ...worthOf(value, where),
    items: items === undefined ? which.observations : sizeIn(items, `${where}.items`),
    evidence: Object.fromEntries(ranges),
  }
}

const besideCellOf = (value: unknown, where: string): BesideCell => ({
  ...whichOf(value, where),
  ...worthOf(value, where),
  sampler: worthOf(fieldsOf(value, where).sampler, `${where}.sampler`),
})

const besideIn = (value: unknown): NonNullable<Measured['beside']> => {
  const { method, cells } = fieldsOf(value, 'trust.beside')
  return {
    method: textOf(method, 'trust.beside.method'),
    cells: listOf(cells, 'trust.beside.cells', besideCellOf),
  }
}

/** `trust` of a manifest. @throws Error in one line */
export const measuredOf = (value: unknown): Measured => {
  const { cells, beside, expectedLogq } = fieldsOf(value, 'trust')
  return {
    cells: listOf(cells, 'trust.cells', cellOf),
    ...(expectedLogq === undefined
      ? {}
      : { expectedLogq: listOf(expectedLogq, 'trust.expectedLogq', numberOf) }),
    ...(beside === undefined ? {} : { beside: besideIn(beside) }),
  }
}
