/**
 * Races: our program and the peer's, the same network in the same run, in short alternating
 * slices, so that whatever else happens on the machine meets both. Ratios are of the fastest
 * calls; medians are printed beside them.
 */
import { parseArgs } from 'node:util'
import { defaultThreads, jit, matmul, type NdArray, ndarray } from '../src/tensor/index.ts'
import { type Peer, startPeer } from './peers/peer.ts'

/** One thing to race. */
export interface Case {
  /** As in peer.py, or undefined when the peer has no counterpart. */
  readonly name: string
  /** What is computed, for the table. */
  readonly what: string
  /** Floating-point operations of a call: products and sums of convolutions and matrix products. */
  readonly flops: number
  /** The largest ratio that we promise. */
  readonly target?: number
  /** Our calls per slice: about a tenth of a second. */
  readonly calls: number
  /** How often a call of ours does what one of the peer does, default 1: times are of one. */
  readonly times?: number
  readonly call: () => Promise<unknown>
  readonly release: () => Promise<void>
}

/** Options common to all races. */
export interface RaceOptions {
  readonly threads: number
  readonly rounds: number
  /** One case alone. */
  readonly only?: string
  readonly json: boolean
  readonly peer: boolean
  readonly python?: string
}

/**
 * `--threads N` (default: physical cores), `--rounds N` (8), `--only NAME`, `--json`, `--no-peer`,
 * `--python PATH` (the first python3 that has torch).
 */
const raceOptions = (args: readonly string[]): RaceOptions => {
  const { values } = parseArgs({
    args: [...args],
    allowNegative: true,
    options: {
      threads: { type: 'string', default: `${defaultThreads()}` },
      rounds: { type: 'string', default: '8' },
      only: { type: 'string' },
      json: { type: 'boolean', default: false },
      peer: { type: 'boolean', default: true },
      python: { type: 'string' },
    },
  })
  return { ...values, threads: Number(values.threads), rounds: Number(values.rounds) }
}

interface Timing {
  readonly min: number
  readonly median: number
}

const timing = (ms: readonly number[]): Timing => {
  const sorted = [...ms].sort((a, b) => a - b)
  return { min: sorted[0], median: sorted[sorted.length >> 1] }
}

const slice = async (call: () => Promise<unknown>, calls: number, times = 1): Promise<number[]> => {
  await call() // threads awake, caches warm, as the peer does
  const ms: number[] = []
  for (let i = 0; i < calls; i++) {
    const start = performance.now()
    await call()
    ms.push((performance.now() - start) / times)
  }
  return ms
}

/** GFLOP/s of our fastest 1024³ matrix product: the peak that the machine gives us now. */
const peakOf = (threads: number): { slice: () => Promise<number>; release: () => Promise<void> } => {
  const n = 1024
  const a: NdArray = ndarray(
    Array.from({ length: n * n }, (_, i) => Math.sin(i)),
    [n, n],
  )
  const program = jit(matmul, { threads })
  return {
    slice: async () => (2e-6 * n ** 3) / Math.min(...(await slice(() => program(a, a), 8))),
    release: program.release,
  }
}

/** One line of the table. */
export interface Result {
  readonly case: string
  readonly what: string
  readonly threads: number
  readonly ours: Timing
  readonly peer?: Timing & { readonly variant: string }
  readonly ratio?: number
  readonly target?: number
  readonly gflops: number
  /** Of the measured peak of a matrix product. */
  readonly share: number
}

const raceOne = async (item: Case, peer: Peer | undefined, options: RaceOptions): Promise<Result> => {
  const { threads, rounds } = options
  const peak = peakOf(threads)
  const variants = peer?.variants[item.name] ?? []
  const theirs = new Map<string, number[]>(variants.map((v) => [v, []]))
  const ours: number[] = []
  let best = 0
  await item.call()
  for (let round = 0; round < rounds; round++) {
    ours.push(...(await slice(item.call, item.calls, item.times)))
    // After two rounds the slower variants of the peer have shown that they are.
    const alive = [...theirs].sort(([, a], [, b]) => Math.min(...a) - Math.min(...b))
    for (const [variant, ms] of round < 2 ? alive : alive.slice(0, 1)) {
      ms.push(...((await peer?.time(item.name, variant, item.calls * (item.times ?? 1))) ?? []))
    }
    best = Math.max(best, await peak.slice())
  }
  await peak.release()
  await item.release()
  const [winner] = [...theirs]
    .map(([variant, ms]) => ({ variant, ...timing(ms) }))
    .sort((a, b) => a.min - b.min)
  const mine = timing(ours)
  const gflops = (1e-6 * item.flops) / mine.min
  return {
    case: item.name,
    what: item.what,
    threads,
    ours: mine,
    ...(winner && { peer: winner, ratio: mine.min / winner.min }),
    target: item.target,
    gflops,
    share: gflops / best,
  }
}

const ms = ({ min, median }: Timing): string =>
  `${min.toPrecision(4)} (${median.toPrecision(4)})`.padStart(17)

const line = ({ what, ours, peer, ratio, target, gflops, share }: Result): string =>
  [
    what.padEnd(44),
    ms(ours),
    peer ? `${ms(peer)} ${peer.variant.padEnd(8)}` : 'no peer'.padStart(26),
    ratio === undefined ? ''.padStart(7) : ratio.toFixed(2).padStart(7),
    (target === undefined ? '' : `≤ ${target.toFixed(2)}`).padStart(7),
    `${gflops.toFixed(0)} GFLOP/s`.padStart(13),
    `${(100 * share).toFixed(0)} %`.padStart(6),
  ].join(' ')

/** Debian's python3-torch belongs to /usr/bin/python3, which need not come first on the path. */
const PYTHONS = ['python3', '/usr/bin/python3']

const firstPeer = async (pythons: readonly string[], threads: number): Promise<Peer | string> => {
  const reasons: string[] = []
  for (const python of pythons) {
    const peer = await startPeer(python, threads)
    if (typeof peer !== 'string') return peer
    reasons.push(peer)
  }
  return reasons.join('; ')
}

/** A peer without a good BLAS (Debian's default is the reference one) would make the race unfair: say so. */
const blasWarning = async (peer: Peer, threads: number): Promise<string | undefined> => {
  const n = 512
  const peak = peakOf(threads)
  const ours = await peak.slice()
  await peak.release()
  const theirs = (2e-6 * n ** 3) / Math.min(...(await peer.time(`matmul-${n}`, '', 5)))
  if (theirs > ours / 3) return undefined
  const rates = `${theirs.toFixed(0)} GFLOP/s to our ${ours.toFixed(0)}`
  return `the peer multiplies matrices at ${rates}: give it OpenBLAS (apt install libopenblas0-pthread)`
}

/** A measurement that is no race: a line for the table, fields for --json. */
export interface Beside {
  readonly line: string
  readonly json: Readonly<Record<string, unknown>>
}

/**
 * Races all cases and prints a table, or with --json one object.
 *
 * @param cases - each sets up one case with this many threads
 * @param besides - what else is measured in the same run, after the races
 * @returns the exit code, 0: a race that is lost is a result, not a failure
 */
export const race = async (
  args: readonly string[],
  cases: readonly ((threads: number) => Promise<Case>)[],
  besides: (options: RaceOptions, results: readonly Result[]) => Promise<Beside | undefined> = async () =>
    undefined,
): Promise<number> => {
  const options = raceOptions(args)
  const started = options.peer
    ? await firstPeer(options.python ? [options.python] : PYTHONS, options.threads)
    : 'not asked for (--no-peer)'
  const peer = typeof started === 'string' ? undefined : started
  const words =
    typeof started === 'string' ? `no peer: ${started}` : `peer: PyTorch ${started.version}, tuned`
  const say = (text: string) => !options.json && console.log(text)
  say(`${options.threads} threads; ${words}; ms: fastest (median); share: of our fastest matrix product`)
  const heads = [
    ['ours', 17],
    ['peer', 26],
    ['ratio', 7],
    ['target', 7],
    ['speed', 13],
    ['share', 6],
  ] as const
  say([''.padEnd(44), ...heads.map(([head, width]) => head.padStart(width))].join(' '))
  const results: Result[] = []
  const warning = peer && (await blasWarning(peer, options.threads))
  if (warning) say(`warning: ${warning}`)
  try {
    for (const prepare of cases) {
      const item = await prepare(options.threads)
      if (options.only !== undefined && item.name !== options.only) continue
      const result = await raceOne(item, peer, options)
      results.push(result)
      say(line(result))
    }
  } finally {
    peer?.stop()
  }
  const beside = await besides(options, results)
  if (beside) say(beside.line)
  if (options.json) {
    console.log(
      JSON.stringify({
        ...beside?.json,
        threads: options.threads,
        peer: peer ? `torch ${peer.version}` : null,
        warning,
        results,
      }),
    )
  }
  return 0
}
