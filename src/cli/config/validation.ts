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

/**
 * Which clean items a distillation learns from and which judge its sampler; undefined without clean data, and
 * for samplers of one measurement.
 *
 * @throws TweedieError `input` where the data have too few
 */
export const heldItemsOf = async ({
  data,
  trust = {},
  measurement,
}: Distillation): Promise<HeldItems | undefined> => {
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
  const wanted = held * (trust.times ?? 1)
  const truth = rowsAt(
    items,
    Array.from({ length: wanted }, (_, i) => i % held),
  )
  const { draws, beside } = trust
  if (beside !== undefined && beside > wanted)
    throw new TweedieError('input', `trust.beside: ${beside} were asked for, ${wanted} are kept back`)
  const set = await observe(truth, { ...simulation.options, first: learned * times })
  return { set, truth, draws, beside }
}
