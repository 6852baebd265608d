/** Clean items that a distillation does not learn from, and by which its sampler is judged. */
import { dataSetNames } from '../../datasets/index.ts'
import { TweedieError } from '../../error.ts'
import { observe } from '../../observations/index.ts'
import type { Validation } from '../../run/index.ts'
import { rowsAt } from '../../tensor/index.ts'
import type { Distillation } from './distill-schema.ts'
import { openCleanItems, simulationOf } from './loading.ts'

/** Items that judge when nobody says how many; fewer than so few say nothing. */
const DEFAULT = 256
const FEWEST = 8

/** Where the items that judge lie among those of the data. */
interface HeldItems {
  /** Items that are learned from: the first so many. */
  readonly learned: number
  /** So many judge, from item `from` of a part of the data on. */
  readonly held: number
  readonly from: number
  readonly split: Distillation['data']['split'] | 'val'
}

const tooFew = (wanted: number, left: string): TweedieError =>
  new TweedieError('input', `trust.observations: ${wanted} were asked for, the data have ${left}`)

/** @throws TweedieError `input` where the data have too few */
const itemsOf = async ({ data, trust = {}, measurement }: Distillation): Promise<HeldItems | undefined> => {
  if (data.clean === undefined || measurement !== undefined || trust.observations === 0) return undefined
  const { clean, split, count } = data
  const { shape } = await openCleanItems(clean, { split })
  const learned = count ?? shape[0]
  const wanted = trust.observations
  if (trust.split) {
    if (!dataSetNames.includes(clean))
      throw new TweedieError(
        'input',
        `trust.split: '${clean}' has no part '${trust.split}', named data sets have`,
      )
    const [there] = (await openCleanItems(clean, { split: trust.split })).shape
    if (wanted !== undefined && wanted > there) throw tooFew(wanted, `${there} in '${trust.split}'`)
    return { learned, held: wanted ?? Math.min(DEFAULT, there), from: 0, split: trust.split }
  }
  const left = Math.max(0, shape[0] - learned)
  if (wanted === undefined) {
    const held = Math.min(DEFAULT, left)
    return held < FEWEST ? undefined : { learned, held, from: learned, split }
  }
  if (count === undefined && wanted < shape[0])
    return { learned: shape[0] - wanted, held: wanted, from: shape[0] - wanted, split }
  if (wanted <= left) return { learned, held: wanted, from: learned, split }
  throw tooFew(wanted, `${left} after the first ${learned}`)
}

/**
 * Which clean items a distillation learns from and which judge its sampler; undefined without clean data, and
 * for samplers of one measurement.
 *
 * @throws TweedieError `input` where the data, or what is kept back of them, are too few
 */
export const heldItemsOf = async (distillation: Distillation): Promise<HeldItems | undefined> => {
  const items = await itemsOf(distillation)
  const { times = 1, beside } = distillation.trust ?? {}
  const there = items ? items.held * times : 0
  if (beside !== undefined && beside > there)
    throw new TweedieError('input', `trust.beside: ${beside} were asked for, ${there} are kept back`)
  return items
}

/** The items that judge, observed as those that are learned from: as if they came after these. */
export const validationOf = async (
  { data, trust = {} }: Distillation,
  { learned, held, from, split }: HeldItems,
): Promise<Validation | undefined> => {
  if (!data.observe) return undefined
  const { times = 1, ...once } = data.observe
  const fields = { ...data, observe: once, split, count: from + held }
  const simulation = await simulationOf({ data: fields, range: undefined })
  if (!simulation) return undefined
  const items = simulation.clean.rows(from, from + held)
  const { draws, beside, times: often = 1 } = trust
  const truth = rowsAt(
    items,
    Array.from({ length: held * often }, (_, i) => i % held),
  )
  const set = await observe(truth, { ...simulation.options, first: learned * times })
  return { set, truth, draws, beside }
}
