/** `tweedie hold-out`: observations in a part to draw from and an independent one to judge by. */
import { TweedieError } from '../../error.ts'
import {
  countOf,
  type HoldOutOptions,
  hasMask,
  heldObservations,
  holdOut,
  holdOutRows,
  isInMemory,
  keptEntries,
  type Observations,
  observationWriter,
  openObservations,
  readRows,
  wholeSet,
  writeObservations,
} from '../../observations/index.ts'
import { sizeOf } from '../../tensor/index.ts'
import type { OptionsOf } from '../commands.ts'
import { firstOf } from '../config/loading.ts'
import type { Io } from '../io.ts'
import { checkedOutput } from '../output.ts'
import { formatFields } from '../table.ts'

/** Sets up to so many bytes are split at once, others in parts of so many. */
const [WHOLE, PART] = [2 ** 25, 2 ** 22]

/** Files of what is given and of what is held out. */
type Paths = readonly [given: string, held: string]

const atOnce = async (set: Observations, options: HoldOutOptions, [output, heldPath]: Paths) => {
  const { given, held } = await holdOut(wholeSet(set), options)
  writeObservations(output, given)
  writeObservations(heldPath, held)
  return { given: given.noise, held: held.noise }
}

/** The same part by part: a `.npz` is then stored, not deflated. */
const inParts = async (set: Observations, options: HoldOutOptions, [output, heldPath]: Paths) => {
  const { rows, noise } = holdOutRows(set, options)
  const count = countOf(set)
  const size = Math.max(2, Math.floor(PART / (4 * sizeOf(set.operator.event))))
  const [givenFile, heldFile] = [observationWriter(output, count), observationWriter(heldPath, count)]
  try {
    for (let from = 0; from < count; from += size) {
      const { given, held } = await rows(from, Math.min(count, from + size))
      givenFile.append(given)
      heldFile.append(held)
    }
    givenFile.close()
    heldFile.close()
  } finally {
    givenFile.discard()
    heldFile.discard()
  }
  return noise
}

export const run = async (
  [source]: readonly string[],
  { output, held: heldPath, share, count, seed = 0 }: OptionsOf<'hold-out'>,
  io: Io,
): Promise<void> => {
  checkedOutput(output)
  checkedOutput(heldPath)
  if (output === heldPath) throw new TweedieError('input', `${output}: --output and --held must be two files`)
  const set = heldObservations(firstOf(openObservations(source), count), WHOLE)
  const noise = await (isInMemory(set) ? atOnce : inParts)(set, { share, seed }, [output, heldPath])
  const entries = hasMask(set)
  const what = keptEntries(readRows(set, 0, 1))
    ? 'seen entries'
    : 'samples of k-space that not all observations have'
  const percent = `${(100 * share).toFixed(0)} %`
  io.result(
    formatFields([
      ['to draw from', output],
      ['held out', heldPath],
      ['observations', `${countOf(set)}`],
      [
        'split',
        entries
          ? `${percent} of the ${what} are held out`
          : `by noise: ${noise.given.toPrecision(3)} to draw from, ${noise.held.toPrecision(3)} held out, ` +
            `instead of ${set.noise.toPrecision(3)}`,
      ],
    ]),
    {
      path: output,
      held: heldPath,
      observations: countOf(set),
      kind: entries ? 'entries' : 'noise',
      noise: { ...noise },
    },
  )
}
