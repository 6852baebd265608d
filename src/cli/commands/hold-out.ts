/** `tweedie hold-out`: observations in a part to draw from and an independent one to judge by. */
import { TweedieError } from '../../error.ts'
import {
  hasMask,
  holdOut,
  keptEntries,
  openObservations,
  wholeSet,
  writeObservations,
} from '../../observations/index.ts'
import type { OptionsOf } from '../commands.ts'
import { firstOf } from '../config/loading.ts'
import type { Io } from '../io.ts'
import { checkedOutput } from '../output.ts'
import { formatFields } from '../table.ts'

export const run = async (
  [source]: readonly string[],
  { output, held: heldPath, share, count, seed = 0 }: OptionsOf<'hold-out'>,
  io: Io,
): Promise<void> => {
  checkedOutput(output)
  checkedOutput(heldPath)
  if (output === heldPath) throw new TweedieError('input', `${output}: --output and --held must be two files`)
  const set = wholeSet(firstOf(openObservations(source), count))
  const { given, held } = await holdOut(set, { share, seed })
  writeObservations(output, given)
  writeObservations(heldPath, held)
  const entries = hasMask(set)
  const what = keptEntries(set) ? 'seen entries' : 'samples of k-space that not all observations have'
  const percent = `${(100 * share).toFixed(0)} %`
  io.result(
    formatFields([
      ['to draw from', output],
      ['held out', heldPath],
      ['observations', `${set.y.shape[0]}`],
      [
        'split',
        entries
          ? `${percent} of the ${what} are held out`
          : `by noise: ${given.noise.toPrecision(3)} to draw from, ${held.noise.toPrecision(3)} held out, ` +
            `instead of ${set.noise.toPrecision(3)}`,
      ],
    ]),
    {
      path: output,
      held: heldPath,
      observations: set.y.shape[0],
      kind: entries ? 'entries' : 'noise',
      noise: { given: given.noise, held: held.noise },
    },
  )
}
