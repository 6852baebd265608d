/** Whether a network that was read is that of its file: beside ONNX Runtime's own run of the same bytes. */
import { importedSchedule, type ScheduleSpec } from '../../diffusion/index.ts'
import { TweedieError } from '../../error.ts'
import { fixedInputs, network } from '../../nn/index.ts'
import { normal, stream } from '../../random/index.ts'
import {
  batchShape,
  type ExecuteOptions,
  exp,
  float32,
  frozen,
  full,
  jit,
  loadProgram,
  median,
  mul,
  NdArray,
  ndarray,
  rows,
  type Session,
  type Tensor,
  toNumbers,
  vjp,
} from '../../tensor/index.ts'
import type { ImportedNetwork } from './imported-network.ts'

/** Two figures, relative and at best about the rounding of float32. */
export interface Agreement {
  /** ‖ours − theirs‖/‖theirs‖ of the outputs at random inputs. */
  readonly output: number
  /**
   * |vᵀJu by our derivative − by differences of their outputs|, relative to ‖v‖ ‖Ju‖/√n: of each row by its
   * best step, and of these the median, since a kink may lie anywhere.
   */
  readonly derivative: number
}

const norm = (values: readonly number[]): number => Math.sqrt(values.reduce((sum, v) => sum + v * v, 0))

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, v, i) => sum + v * b[i], 0)

/** Noise levels of the rows, over all that the schedule has. */
const labelsOf = async (
  { name, settings }: ScheduleSpec,
  [low, high]: readonly [number, number],
  count: number,
): Promise<number[]> => {
  const { labelOf } = importedSchedule(name).make(settings)
  const logs = Array.from(
    { length: count },
    (_, i) => Math.log(low) + ((i + 0.5) / count) * Math.log(high / low),
  )
  return toNumbers(await jit((log: Tensor) => mul(labelOf(exp(log)), 1))(ndarray(logs)))
}

/** @throws TweedieError `input` with the reason of ONNX Runtime */
const ran = async (session: Session, feeds: Readonly<Record<string, NdArray>>) => {
  try {
    return await session.run(feeds)
  } catch (cause) {
    if (cause instanceof TweedieError) throw cause
    const [reason] = `${cause instanceof Error ? cause.message : cause}`.split('\n')
    throw new TweedieError('input', `ONNX Runtime opens the file, but does not run it (${reason})`, { cause })
  }
}

/** The file's own output for a batch, in pieces of the rows that it takes. */
const theirs = async (
  session: Session,
  { roles, model, fixedBatch }: ImportedNetwork,
  x: NdArray<'float32'>,
  labels: readonly number[],
): Promise<number[]> => {
  const each = fixedBatch ?? labels.length
  const results: number[][] = []
  const fixed = fixedInputs(roles.fixed)
  for (let from = 0; from < labels.length; from += each) {
    const feeds = Object.fromEntries(
      model.inputs.flatMap((input) => {
        const { name, dtype } = input
        if (name === roles.image) return [[name, rows(x, from, from + each)]]
        if (name === roles.time)
          return [[name, ndarray(labels.slice(from, from + each), batchShape(input, each), dtype)]]
        const value = fixed.get(name)
        return value === undefined ? [] : [[name, full(batchShape(input, each), value, dtype)]]
      }),
    )
    const output = (await ran(session, feeds))[roles.output]
    const [b, ...rest] = output.shape
    const size = output.size / b
    const kept = roles.first === undefined ? size : (size / rest[0]) * roles.first
    const values = toNumbers(output)
    for (let i = 0; i < b; i++) results.push(values.slice(i * size, i * size + kept))
  }
  return results.flat()
}

/** u moved by h along a direction. */
const along = (x: NdArray<'float32'>, direction: NdArray<'float32'>, h: number): NdArray<'float32'> =>
  new NdArray(
    'float32',
    x.shape,
    x.data.map((v, i) => v + h * direction.data[i]),
  )

/**
 * Steps of the differences, of fourth order. The first one is best for smooth networks, where its error and
 * the rounding of float32 are both about 1e-5; kinks (ReLU, max) that lie within a step want a shorter one.
 */
const STEPS = [0.02, 0.004, 0.0008]

/** Rows that are compared, at least. */
const ROWS = 6

/** The numbers of each row. */
const partsOf = ({ data }: { readonly data: ArrayLike<number> }, count: number): number[][] => {
  const size = data.length / count
  return Array.from({ length: count }, (_, i) => Array.from(data).slice(i * size, (i + 1) * size))
}

/**
 * Compares a network that was read with its file.
 *
 * @param bytes - of the file
 * @param levels - noise levels, lowest and highest
 * @param seed - of the inputs
 * @throws TweedieError `input` when ONNX Runtime does not open the file
 */
export const agreementWith = async (
  bytes: Uint8Array,
  read: ImportedNetwork,
  schedule: ScheduleSpec,
  { levels, seed, ...execute }: ExecuteOptions & { levels: readonly [number, number]; seed: number },
): Promise<Agreement> => {
  const session = await loadProgram(bytes, execute)
  const { net, params, event, fixedBatch = 1, model, roles } = read
  const count = fixedBatch * Math.ceil(ROWS / fixedBatch)
  const drawn = (purpose: string) => normal(stream(seed, `import ${purpose}`), [count, ...event])
  const integer = model.inputs.some(({ name, dtype }) => name === roles.time && !dtype.startsWith('float'))
  const labels = (await labelsOf(schedule, levels, count)).map((v) => (integer ? Math.round(v) : v))
  const { apply } = network(net)
  const program = jit((x: Tensor, label: Tensor, v: Tensor) => {
    const y = apply(frozen(params), x, label)
    return { y, pulled: vjp(y, x, v) }
  }, execute)
  try {
    const [x, u, v] = [drawn('x'), drawn('direction'), drawn('cotangent')]
    const ours = await program(x, ndarray(labels), v)
    const at = (h: number) => theirs(session, read, along(x, u, h), labels)
    const wanted = await at(0)
    const apart = Array<number>(count).fill(Number.POSITIVE_INFINITY)
    const [pulled, cotangent, direction] = [float32(ours.pulled), v, u].map((array) => partsOf(array, count))
    for (const h of STEPS) {
      const [a, b, c, d] = [await at(-2 * h), await at(-h), await at(h), await at(2 * h)]
      const slope = a.map((_, i) => (8 * (c[i] - b[i]) - (d[i] - a[i])) / (12 * h))
      const slopes = partsOf({ data: slope }, count)
      for (const [i, Ju] of slopes.entries()) {
        const difference = dot(pulled[i], direction[i]) - dot(cotangent[i], Ju)
        const scale = (norm(cotangent[i]) * norm(Ju)) / Math.sqrt(Ju.length)
        apart[i] = Math.min(apart[i], Math.abs(difference) / scale)
      }
    }
    const y = toNumbers(ours.y)
    return {
      output: norm(y.map((value, i) => value - wanted[i])) / norm(wanted),
      derivative: median(apart),
    }
  } finally {
    await program.release()
    await session.release()
  }
}
