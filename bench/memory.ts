/**
 * `npm run bench -- memory [--few 2000] [--many 20000] [--format safetensors|npz] [--only learn,sample]
 * [--json]`: the peak of resident memory of commands, each in a process of its own, by the number of
 * observations of 28×28 and by the number of draws. The networks are tiny and take few steps: what is left is
 * what grows. Target: less than 64 MiB between both numbers.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { formatTable } from '../src/cli/table.ts'
import { arrayWriter } from '../src/formats/index.ts'
import { bernoulli, stream, uniform } from '../src/random/index.ts'

const TARGET = 64
const EVENT = [1, 28, 28]

/** Draws compared, of so many observations. */
const DRAWS = { few: 16, many: 256, observations: 200 } as const

const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))
const tsx = import.meta.resolve('tsx')
const peak = new URL('peak.mjs', import.meta.url).href

/** The peak of a command in MiB; where it fails, what it says. */
const peakOf = (cwd: string, args: readonly string[]): number => {
  const file = join(cwd, 'peak')
  execFileSync(process.execPath, ['--import', tsx, '--import', peak, main, ...args, '--json'], {
    cwd,
    env: { ...process.env, TWEEDIE_PEAK: file },
    stdio: ['ignore', 'ignore', 'pipe'],
    maxBuffer: 2 ** 26,
  })
  return Number(readFileSync(file, 'utf8')) / 1024
}

/** Images that are noise, so many and of so many draws: nothing is to be learned. */
const writeNoise = (path: string, name: string, count: number, draws?: number): void => {
  const shape = [...(draws === undefined ? [] : [draws]), count, ...EVENT]
  const writer = arrayWriter(path, { [name]: { dtype: 'float32', shape } })
  const source = stream(0, name)
  for (let draw = 0; draw < (draws ?? 1); draw++)
    for (let from = 0; from < count; from += 1000) {
      const part = [Math.min(1000, count - from), ...EVENT]
      writer.append(name, uniform(source, part, { observation: from, draw }))
    }
  writer.close()
}

/** Masks that keep half of the pixels. */
const writeMasks = (path: string, count: number): void => {
  const writer = arrayWriter(path, { mask: { dtype: 'float32', shape: [count, ...EVENT] } })
  for (let from = 0; from < count; from += 1000)
    writer.append('mask', bernoulli(stream(from, 'mask'), 0.5, [Math.min(1000, count - from), ...EVENT]))
  writer.close()
}

const tiny = 'net: { kind: unet, channels: [4, 4], blocks: [1, 1], emb: 8, unshuffle: 4 }\n'

/** Learning from a set, two laps of few steps. */
const learning = (set: string, draws: number): string => `data: { observations: ${set} }
${tiny}gaussian: { rank: 4, iterations: 1, count: 512 }
em: { laps: 2, draws: ${draws}, batch: 128, early: { laps: 0 },
  sampling: { step: ddpm, steps: 2, iterations: 1 } }
train: { steps: 10, firstSteps: 10, batch: 64 }
monitor: { held: { observations: 0 }, samples: 0 }
`

/** Distillation of a set, on as many samples of the prior as there are observations. */
const distilling = (set: string, count: number): string =>
  `prior: prior\ndata: { observations: ${set} }\n` +
  `objective: { prior: samples, samples: ${count}, samplerSteps: 2 }\n` +
  'flow: { kind: realNvp, steps: 1, hidden: 8 }\ntrain: { steps: 20, batch: 64 }\n'

/** A folder with sets, a prior and a sampler. */
class Bench {
  readonly folder = mkdtempSync(join(tmpdir(), 'tweedie-memory-'))
  readonly format: string

  constructor(format: string) {
    this.format = format
  }

  set(count: number): string {
    return `set-${count}.${this.format}`
  }

  clean(count: number): string {
    return `clean-${count}.safetensors`
  }

  /** A file of a configuration. */
  config(name: string, text: string): string {
    writeFileSync(join(this.folder, name), text)
    return name
  }

  peak(...args: readonly string[]): number {
    return peakOf(this.folder, args)
  }

  observe(count: number): number {
    writeNoise(join(this.folder, this.clean(count)), 'x', count)
    return this.peak('observe', this.clean(count), '--keep', '0.5', '-o', this.set(count))
  }

  /** Observations of one's own, with masks, in files of their own. */
  observeOwn(count: number): number {
    const [y, mask] = ['y.npy', 'mask.npy']
    writeNoise(join(this.folder, y), 'y', count)
    writeMasks(join(this.folder, mask), count)
    return this.peak(
      'observe',
      y,
      '--observed',
      '--mask',
      mask,
      '--noise',
      '0.05',
      '-o',
      `own.${this.format}`,
    )
  }

  learn(count: number, draws: number, to = 'learned'): number {
    const config = this.config(`${to}.yaml`, learning(this.set(count), draws))
    rmSync(join(this.folder, to), { recursive: true, force: true })
    return this.peak('learn', config, '-o', to)
  }

  sample(count: number, draws: number): number {
    const out = `draws.${this.format}`
    const fast = ['--steps', '2', '--iterations', '1', '--batch', '128']
    return this.peak('sample', 'prior', this.set(count), '-n', `${draws}`, ...fast, '-o', out)
  }

  distill(count: number, to = 'distilled'): number {
    const config = this.config(`${to}.yaml`, distilling(this.set(count), count))
    rmSync(join(this.folder, to), { recursive: true, force: true })
    return this.peak('distill', config, '-o', to)
  }

  restore(count: number, draws: number): number {
    return this.peak('restore', 'fast', this.set(count), '-n', `${draws}`, '-o', `draws.${this.format}`)
  }

  /** A command that judges draws, which are written here: they need not be of the posterior. */
  judge(count: number, draws: number, ...command: readonly string[]): number {
    const file = `judged.${this.format}`
    writeNoise(join(this.folder, file), 'draws', count, draws)
    const known = ['--observations', this.set(count), '--truth', this.clean(count)]
    const [name, ...rest] = command
    return this.peak(name, file, ...known, ...rest)
  }

  diagnose(count: number, draws: number): number {
    return this.judge(count, draws, 'diagnose', '-o', 'diagnosis.html')
  }

  calibrate(count: number, draws: number): number {
    return this.judge(count, draws, 'calibrate', '-o', 'calibration.json')
  }
}

interface Row {
  readonly command: string
  readonly by: 'observations' | 'draws'
  readonly few: number
  readonly many: number
}

/** What is compared: a command by the number of something. */
const cases: readonly {
  readonly command: string
  readonly by: Row['by']
  readonly peak: (bench: Bench, n: number) => number
}[] = [
  { command: 'observe --observed', by: 'observations', peak: (bench, n) => bench.observeOwn(n) },
  { command: 'learn', by: 'observations', peak: (bench, n) => bench.learn(n, 1) },
  { command: 'sample', by: 'observations', peak: (bench, n) => bench.sample(n, 2) },
  { command: 'restore', by: 'observations', peak: (bench, n) => bench.restore(n, 2) },
  { command: 'distill', by: 'observations', peak: (bench, n) => bench.distill(n) },
  { command: 'diagnose', by: 'observations', peak: (bench, n) => bench.diagnose(n, 2) },
  { command: 'calibrate', by: 'observations', peak: (bench, n) => bench.calibrate(n, 2) },
  { command: 'learn', by: 'draws', peak: (bench, n) => bench.learn(DRAWS.observations, n) },
  { command: 'sample', by: 'draws', peak: (bench, n) => bench.sample(DRAWS.observations, n) },
  { command: 'restore', by: 'draws', peak: (bench, n) => bench.restore(DRAWS.observations, n) },
  { command: 'diagnose', by: 'draws', peak: (bench, n) => bench.diagnose(DRAWS.observations, n) },
  { command: 'calibrate', by: 'draws', peak: (bench, n) => bench.calibrate(DRAWS.observations, n) },
]

/** Commands that need a prior and a sampler. */
const drawing: ReadonlySet<string> = new Set(['learn', 'sample', 'restore', 'distill'])

export const run = async (args: readonly string[]): Promise<number> => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      few: { type: 'string', default: '2000' },
      many: { type: 'string', default: '20000' },
      format: { type: 'string', default: 'safetensors' },
      only: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  })
  const [few, many] = [Number(values.few), Number(values.many)]
  const bench = new Bench(values.format)
  const only = values.only?.split(',')
  try {
    const rows: Row[] = [
      { command: 'observe', by: 'observations', few: bench.observe(few), many: bench.observe(many) },
    ]
    bench.observe(DRAWS.observations)
    if (!only || only.some((command) => drawing.has(command))) {
      bench.learn(DRAWS.observations, 1, 'prior')
      bench.distill(DRAWS.observations, 'fast')
    }
    for (const { command, by, peak } of cases) {
      if (only && !only.includes(command)) continue
      const [small, large] = by === 'draws' ? [DRAWS.few, DRAWS.many] : [few, many]
      const row = { command, by, few: peak(bench, small), many: peak(bench, large) }
      rows.push(row)
      console.error(`${command} by ${by}: ${row.few.toFixed(0)} and ${row.many.toFixed(0)} MiB`)
    }
    const table = rows.map((row) => ({
      ...row,
      from: row.by === 'draws' ? DRAWS.few : few,
      to: row.by === 'draws' ? DRAWS.many : many,
      growth: row.many - row.few,
      reached: row.many - row.few < TARGET,
    }))
    if (values.json) console.log(JSON.stringify({ target: TARGET, rows: table }))
    else
      console.log(
        formatTable(
          ['command', 'by', 'from', 'to', 'MiB', 'MiB', 'growth', `below ${TARGET}`],
          table.map(({ command, by, from, to, few, many, growth, reached }) => [
            command,
            by,
            `${from}`,
            `${to}`,
            few.toFixed(0),
            many.toFixed(0),
            growth.toFixed(0),
            reached ? 'yes' : 'no',
          ]),
        ),
      )
    return table.every(({ reached }) => reached) ? 0 : 1
  } finally {
    rmSync(bench.folder, { recursive: true, force: true })
  }
}
