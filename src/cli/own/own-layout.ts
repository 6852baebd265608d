/** Options of `tweedie observe --observed` that say how own arrays lie. */
import { TweedieError } from '../../error.ts'
import { type OwnLayout, type OwnTimes, readDomain, readMesh } from '../../observations/index.ts'
import type { OptionsOf } from '../commands.ts'
import type { OwnFiles } from './own-files.ts'

type Options = Pick<OptionsOf<'observe'>, 'view' | 'mesh' | 'times' | 'every' | 'domain'>

const timesOf = ({ times, every }: Options, open: OwnFiles['open']): OwnTimes | undefined => {
  if (times === undefined) {
    if (every !== undefined) throw new TweedieError('input', '--every goes with --times')
    return undefined
  }
  return { at: open(times), ...(every === undefined ? {} : { every }) }
}

/**
 * The layout that options say.
 *
 * @param open - opens the file of times
 *
 * @throws TweedieError `input` for options that contradict each other, and damaged files
 */
export const ownLayout = (options: Options, open: OwnFiles['open']): OwnLayout => {
  const { view, mesh, domain } = options
  if ((view === 'mesh') !== (mesh !== undefined))
    throw new TweedieError('input', '--view mesh and --mesh, the file of the points, go together')
  const times = timesOf(options, open)
  if (times && view !== 'signal') throw new TweedieError('input', '--times goes with --view signal')
  return {
    ...(view === undefined ? {} : { view }),
    ...(mesh === undefined ? {} : { mesh: readMesh(mesh) }),
    ...(times ? { times } : {}),
    ...(domain === undefined ? {} : { valid: readDomain(domain) }),
  }
}

/** @throws TweedieError `input` for a layout of data that say themselves what they are */
export const refuseLayout = ({ view, mesh, times, every }: Options): void => {
  const given = Object.entries({ view, mesh, times, every }).find(([, value]) => value !== undefined)
  if (given) throw new TweedieError('input', `--${given[0]} goes with --observed`)
}
