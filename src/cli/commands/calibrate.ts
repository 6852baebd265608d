/** `tweedie calibrate`: how intervals must be stretched to hold what they say, with a guarantee. */
import { conformalRepair } from '../../diagnose/index.ts'
import type { OptionsOf } from '../commands.ts'
import type { Io } from '../io.ts'
import { formatTable } from '../table.ts'
import { drawsFile, hiddenOf, observationsFor } from './diagnose.ts'
import { matched, readDraws, readTruth } from './foreign-draws.ts'
import { repairOf, repairPath, writeRepair } from './repair.ts'

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`

export const run = async (
  [source]: readonly string[],
  options: OptionsOf<'calibrate'>,
  io: Io,
): Promise<void> => {
  const read = readDraws(drawsFile(source))
  const most = Math.min(...read.shape.slice(0, 2))
  const { draws, truth } = matched(read, await readTruth(options.truth, most), options.truth)
  const set = options.observations === undefined ? undefined : observationsFor(options.observations, draws)
  const entries = set && hiddenOf(set)
  const event = truth.shape.slice(1)
  const repair = repairOf(conformalRepair(draws, truth, { entries }), event, set)
  const path = options.output ?? repairPath(source)
  writeRepair(path, repair)
  const rows = repair.levels.map(({ level, factor, before }) => [
    percent(level),
    percent(before),
    typeof factor === 'number' ? factor.toFixed(3) : factor,
  ])
  io.result(
    [
      `${formatTable(['interval', 'held before', 'stretched by'], rows)}\n`,
      `from ${repair.problems} problems of ${repair.draws} draws${entries ? ', hidden entries alone' : ''}`,
      `written  ${path}`,
    ].join('\n'),
    { path, ...repair },
  )
}
