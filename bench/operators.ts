/**
 * `npm run bench -- operators`: what operators cost as images grow. Each line is a process of its own:
 * seconds until the first answer, milliseconds of A x and Aᵀ y together for a batch, peak memory; beside
 * NumPy doing the same (numpy.fft for Fourier sampling and blurs with a kernel for each image, dense matrices
 * along the axes for separable operators, tables of indices for tomography), on one thread both.
 *
 *   --only NAME  one operator
 *   --size N     one side
 *   --json       one object
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import {
  averagePool,
  bicubic,
  blur,
  columnMasks,
  fourier,
  gaussianBlur,
  type LinearOperator,
  motionKernels,
  radon,
} from '../src/operators/index.ts'
import { normal, stream } from '../src/random/index.ts'
import { constant, full, jit, type NdArray, type Tensor } from '../src/tensor/index.ts'

/** Images of one batch. */
const BATCH = 8

/** Calls that are timed, after the first; the fastest counts. */
const CALLS = 5

interface Listed {
  readonly name: string
  readonly sides: readonly number[]
  /** A parameter for each image, or none. */
  readonly parameter?: (side: number) => NdArray
  readonly make: (side: number, parameter: Tensor) => LinearOperator
}

const KERNEL = 61

const operators: readonly Listed[] = [
  {
    name: 'fourier',
    sides: [64, 128, 320, 512],
    parameter: (width) => columnMasks(BATCH, { width, acceleration: 4, seed: 0 }),
    make: (n, columns) => fourier(columns, [1, n, n]),
  },
  {
    name: 'motion',
    sides: [64, 128, 256, 512],
    parameter: () => motionKernels(BATCH, { size: KERNEL, intensity: 0.5, seed: 0 }),
    make: (n, kernel) => blur(kernel, [1, n, n]),
  },
  { name: 'blur', sides: [64, 128, 256, 512], make: (n) => gaussianBlur([1, n, n], { sigma: 3 }) },
  { name: 'bicubic', sides: [64, 128, 256, 512], make: (n) => bicubic([1, n, n], 4) },
  { name: 'pool', sides: [64, 128, 256, 512], make: (n) => averagePool([1, n, n], 4) },
  { name: 'radon', sides: [64, 128, 256], make: (n) => radon([1, n, n], { angles: 30 }) },
  { name: 'radon-180', sides: [64, 128, 256], make: (n) => radon([1, n, n], { angles: 180 }) },
]

interface Measured {
  readonly seconds: number
  readonly ms: number
  readonly mb: number
}

const fastest = async (call: () => Promise<unknown>): Promise<number> => {
  let best = Number.POSITIVE_INFINITY
  for (let i = 0; i < CALLS; i++) {
    const start = performance.now()
    await call()
    best = Math.min(best, performance.now() - start)
  }
  return best
}

/** A x and Aᵀ y of one operator, in this process. */
const measure = async ({ make, parameter }: Listed, side: number): Promise<Measured> => {
  const given = parameter?.(side) ?? full([1], 0)
  const start = performance.now()
  const A = make(side, constant(given))
  const program = jit(
    (x: Tensor, y: Tensor, p: Tensor) => {
      const own = parameter ? make(side, p) : A
      return [own.apply(x), own.adjoint(y)]
    },
    { threads: 1 },
  )
  const [x, y] = [A.inShape, A.outShape].map((shape) => normal(stream(0, 'bench'), [BATCH, ...shape]))
  await program(x, y, given)
  const seconds = (performance.now() - start) / 1000
  const ms = await fastest(() => program(x, y, given))
  return { seconds, ms, mb: process.resourceUsage().maxRSS / 1024 }
}

const Answer = z.object({ seconds: z.number().optional(), ms: z.number(), mb: z.number() })

const answerOf = (command: string, args: readonly string[]): z.infer<typeof Answer> | undefined => {
  const env = { ...process.env, OPENBLAS_NUM_THREADS: '1', OMP_NUM_THREADS: '1' }
  const { stdout, status } = spawnSync(command, args, { encoding: 'utf8', env })
  return status === 0 ? Answer.parse(JSON.parse(stdout)) : undefined
}

/** This process, asked for one line. */
const ours = (name: string, side: number) =>
  answerOf(process.execPath, [
    ...process.execArgv,
    ...process.argv.slice(1, 3),
    ...['--only', name, '--size', `${side}`, '--child'],
  ])

const peer = (name: string, side: number) =>
  answerOf('python3', [
    fileURLToPath(new URL('./peers/operators.py', import.meta.url)),
    ...[name, `${side}`, `${BATCH}`],
  ])

const line = (cells: readonly (string | number)[]): string =>
  cells.map((cell, i) => (i === 0 ? `${cell}`.padEnd(10) : `${cell}`.padStart(10))).join(' ')

/** @returns the exit code */
export const run = async (args: readonly string[]): Promise<number> => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      size: { type: 'string' },
      json: { type: 'boolean', default: false },
      child: { type: 'boolean', default: false },
    },
  })
  const { only, size, json, child } = values
  const asked = operators
    .filter(({ name }) => only === undefined || name === only)
    .flatMap((listed) => listed.sides.map((side) => ({ listed, side })))
    .filter(({ side }) => size === undefined || side === Number(size))
  if (child) {
    console.log(JSON.stringify(await measure(asked[0].listed, asked[0].side)))
    return 0
  }
  const say = (text: string) => !json && console.log(text)
  say(`A x and Aᵀ y of ${BATCH} images, one thread; ms: the fastest of ${CALLS}; memory: peak of the process`)
  say(line(['operator', 'side', 'open s', 'ms', 'MB', 'NumPy ms', 'NumPy MB', 'ratio']))
  const results = asked.map(({ listed: { name }, side }) => {
    const [own, other] = [ours(name, side), peer(name, side)]
    const ratio = own && other && own.ms / other.ms
    const number = (value: number | undefined, digits: number) => value?.toFixed(digits) ?? '–'
    const ownCells = [number(own?.seconds, 1), number(own?.ms, 1), number(own?.mb, 0)]
    const peerCells = [number(other?.ms, 1), number(other?.mb, 0), number(ratio, 2)]
    say(line([name, side, ...ownCells, ...peerCells]))
    return { name, side, ours: own, peer: other, ratio }
  })
  if (json) console.log(JSON.stringify({ batch: BATCH, peer: 'NumPy', results }))
  return results.every(({ ours: own }) => own) ? 0 : 1
}
