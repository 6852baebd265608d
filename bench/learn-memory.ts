/**
 * `npm run bench -- learn-memory [--steps 10000] [--count 2000] [--draws 1] [--every 1] [--json]`: resident
 * memory while a run learns by DiEM, two laps of so many steps in all, with resume points every so many
 * seconds. A network of three layers on random signals of 784 entries; nothing is to be learned. The growth
 * is that of the second lap, from its first tenth to its last: by then all that there ever is has been made.
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { formatTable } from '../src/cli/table.ts'
import { exponentialSchedule } from '../src/diffusion/index.ts'
import { constantRate } from '../src/nn/index.ts'
import { unchanged } from '../src/observations/index.ts'
import { normal, stream } from '../src/random/index.ts'
import { learn, openRun } from '../src/run/index.ts'

const N = 784
const LAPS = 2
const schedule = exponentialSchedule({ sigmaMin: 0.02, sigmaMax: 10 })

interface Reading {
  readonly lap: number
  readonly step: number
  readonly mib: number
}

const rss = (): number => process.memoryUsage().rss / 2 ** 20

/** Median RSS of some readings. */
const median = (readings: readonly Reading[]): number => {
  const sorted = readings.map(({ mib }) => mib).sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

/** Learns in a folder and reads RSS, a hundred times a lap. */
const learned = async (
  folder: string,
  { steps, count, draws, every }: Readonly<Record<'steps' | 'count' | 'draws' | 'every', number>>,
): Promise<Reading[]> => {
  const readings: Reading[] = []
  const stride = Math.max(1, Math.floor(steps / 100))
  const run = openRun(folder, { config: {} })
  await learn(run, {
    net: { kind: 'mlp', features: N, hidden: [256, 256], emb: 16 },
    set: { y: normal(stream(0, 'y'), [count, N]), operator: unchanged([N]), noise: 0.5, range: [-4, 4] },
    sigmaMin: 0.02,
    sigmaMax: 10,
    checkpointSeconds: every,
    options: {
      laps: LAPS,
      gaussian: { rank: 4, iterations: 1, count: 256 },
      sampling: () => ({ schedule, steps: 4 }),
      draws,
      batch: 256,
      training: () => ({ schedule, batch: 64, rate: constantRate(1e-4), ema: 0.99 }),
      steps: () => steps,
      seed: 0,
    },
    onProgress: ({ phase, lap = 0, done }) => {
      if (phase === 'training' && done % stride === 0)
        readings.push({ lap: Number(lap), step: done, mib: rss() })
    },
  })
  run.close()
  return readings
}

/** Bytes of a resume point. */
const pointSize = (folder: string): number => {
  const points = readdirSync(join(folder, 'checkpoints')).filter((name) => /^\d{6}-/.test(name))
  return Math.max(...points.map((name) => statSync(join(folder, 'checkpoints', name)).size))
}

export const run = async (args: readonly string[]): Promise<number> => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      steps: { type: 'string', default: '10000' },
      count: { type: 'string', default: '2000' },
      draws: { type: 'string', default: '1' },
      every: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
    },
  })
  const total = Number(values.steps)
  const folder = join(mkdtempSync(join(tmpdir(), 'tweedie-memory-')), 'run')
  try {
    const asked = { count: Number(values.count), draws: Number(values.draws), every: Number(values.every) }
    const readings = await learned(folder, { ...asked, steps: Math.ceil(total / LAPS) })
    const last = readings.filter(({ lap }) => lap === LAPS)
    const tenth = Math.max(1, Math.floor(last.length / 10))
    const [begin, end] = [median(last.slice(0, tenth)), median(last.slice(-tenth))]
    const result = {
      ...asked,
      steps: total,
      begin: Math.round(begin),
      end: Math.round(end),
      growth: Math.round(end - begin),
      peak: Math.round(process.resourceUsage().maxRSS / 1024),
      resumePoint: pointSize(folder),
    }
    if (values.json) console.log(JSON.stringify(result))
    else console.log(formatTable(Object.keys(result), [Object.values(result).map(String)]))
    return 0
  } finally {
    rmSync(join(folder, '..'), { recursive: true, force: true })
  }
}
