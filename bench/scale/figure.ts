/** Shards that came back by those that the workers could draw, for each way. */
import { lineChart, standaloneSvg } from '../../src/report/index.ts'
import type { Simulation } from './simulation.ts'

/** The drawing as the text of an `.svg` file. */
export const scaleFigure = (simulations: readonly Simulation[]): string => {
  const offered = simulations.flatMap(({ points }) => points.map((point) => point.offered))
  const ends = [Math.min(...offered), Math.max(...offered)]
  return standaloneSvg(
    lineChart({
      x: { label: 'shards a second that the workers could draw', scale: 'log' },
      y: { label: 'shards a second that came back', scale: 'log' },
      series: [
        { name: 'all of them', points: ends.map((end) => [end, end] as const), dots: false },
        ...simulations.map(({ way, points }) => ({
          name: way,
          points: points.map(({ offered, rate }) => [offered, rate] as const),
        })),
      ],
      width: 640,
      height: 400,
    }),
  )
}
