/** What was measured, in words. */
import { formatTable } from '../../src/cli/table.ts'
import type { LearnedBits } from './bits.ts'
import type { Efficiency, Rates } from './efficiency.ts'
import { type HandOver, LAP_SHARDS, SHARD_SECONDS } from './hand-over.ts'
import { PAPER_SECONDS, type Simulation } from './simulation.ts'

/** What was measured. */
export interface Figures {
  readonly efficiency: Efficiency | undefined
  readonly overhead: readonly HandOver[] | undefined
  readonly bits: { readonly equal: boolean; readonly ways: readonly LearnedBits[] } | undefined
  readonly simulation: readonly Simulation[] | undefined
}

const efficiencyText = ({ shardSeconds, workers, alone, ofMachine }: Efficiency): string => {
  const row = (name: string, { one, two, efficiency }: Rates): string[] => [
    name,
    one.toPrecision(3),
    two.toPrecision(3),
    efficiency.toFixed(3),
  ]
  const head = [`shards of ${shardSeconds.toFixed(1)} s`, 'one, shards/s', 'two, shards/s', 'efficiency']
  const rows = [row('workers', workers), row('processes without an executor', alone)]
  const last = `two workers over two processes without an executor: ${ofMachine.toFixed(3)}`
  return [formatTable(head, rows), last].join('\n')
}

const overheadText = (ways: readonly HandOver[]): string =>
  formatTable(
    [
      'beside drawing',
      'ms a shard',
      'ms a lap',
      `% of ${LAP_SHARDS} shards of ${SHARD_SECONDS} s`,
      '% of one',
    ],
    ways.map(({ way, shardMs, lapMs, percent, worstPercent }) => [
      way,
      shardMs.toFixed(1),
      lapMs.toFixed(0),
      percent.toFixed(2),
      worstPercent.toFixed(2),
    ]),
  )

const bitsText = ({ equal, ways }: NonNullable<Figures['bits']>): string =>
  [
    `bits equal: ${equal}`,
    formatTable(
      ['way', 'prior'],
      ways.map(({ way, digest }) => [way, digest]),
    ),
  ].join('\n')

const simulationText = (simulations: readonly Simulation[]): string => {
  const rows = simulations.flatMap(({ way, points }) =>
    points.map((point) => [
      way,
      point.workers,
      point.seconds,
      point.offered,
      point.rate.toPrecision(3),
      point.coordinatorMs.toFixed(2),
      point.coordinatorBusy.toFixed(2),
      point.workersBusy.toFixed(2),
      point.serverBusy?.toFixed(2) ?? '',
    ]),
  )
  const head = [
    'way',
    'workers',
    'S, s',
    'offered/s',
    'back/s',
    'c, ms a shard',
    'coordinator',
    'workers',
    'server',
  ]
  const limits = simulations.map(
    ({ way, most, workersHere, coordinatorMs, workersOnPaper }) =>
      `${way}: at most ${most.toFixed(0)} shards a second, S × that = ${workersHere} workers of ` +
      `${PAPER_SECONDS} s; on paper S / c = ${PAPER_SECONDS} s / ${coordinatorMs.toFixed(2)} ms = ` +
      `${workersOnPaper}`,
  )
  return [formatTable(head, rows), ...limits].join('\n')
}

/** Tables of all that was measured. */
export const wordsOf = ({ efficiency, overhead, bits, simulation }: Figures): string =>
  [
    efficiency && efficiencyText(efficiency),
    overhead && overheadText(overhead),
    bits && bitsText(bits),
    simulation && simulationText(simulation),
  ]
    .filter((text) => text !== undefined)
    .join('\n\n')
