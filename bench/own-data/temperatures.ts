/** Daily temperatures of Seattle and New York, 2012 to 2015, with gaps. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { TweedieError } from '../../src/error.ts'
import type { OwnSet } from './own-set.ts'
import { npmPackage } from './packages.ts'
import { windowSet, windowsOf } from './series.ts'

const CITIES = ['Seattle', 'New York'] as const
const DAYS = 1461
const WINDOW = 48

/** Windows to learn from overlap; those that are judged are some of them, and do not. */
const STRIDE = 8

/** Degrees. */
const NOISE = 0.5

const GAPS = { runs: { least: 3, most: 12, share: 0.2 }, singles: 0.15 } as const

/** Maxima and minima of a city, [2][days]. */
const seriesOf = (city: string): Float32Array[] => {
  const path = join(npmPackage('vega-datasets', '3.2.1'), 'package/data/weather.csv')
  const [head, ...lines] = readFileSync(path, 'utf8').trim().split(/\r?\n/)
  const names = head.split(',')
  const days = lines.map((line) => line.split(',')).filter(([location]) => location === city)
  if (days.length !== DAYS)
    throw new TweedieError('input', `${path}: expected ${DAYS} days of ${city}, got ${days.length}`)
  return ['temp_max', 'temp_min'].map((name) =>
    Float32Array.from(days, (fields) => Number(fields[names.indexOf(name)])),
  )
}

export const temperatures: OwnSet = {
  name: 'temperatures',
  summary:
    'daily maximum and minimum temperatures of two cities, windows of 48 days, a third missing ' +
    '(runs of 3 to 12 days, single values), noise 0.5 °C; npm vega-datasets',
  unit: '°C',
  cut: async () => {
    const windows = CITIES.flatMap((name) =>
      windowsOf(seriesOf(name), { name, size: WINDOW, stride: STRIDE, gaps: GAPS, noise: NOISE }),
    )
    const judged = windows.filter(({ from }) => from % WINDOW === 0)
    return windowSet(windows, judged, { event: [2, WINDOW], noise: NOISE, range: [-20, 45] })
  },
}
