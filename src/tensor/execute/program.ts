/**
 * `jit`: a function of tensors becomes a function of arrays. It is traced once per set of shapes, emitted as
 * one ONNX model, compiled and kept.
 */
import { TweedieError } from '../../error.ts'
import { topological } from '../gradient.ts'
import { NdArray, scalar } from '../ndarray.ts'
import { Emitter, type Lowering } from '../onnx/emitter.ts'
import { portableLowering } from '../onnx/webgpu.ts'
import { show } from '../shape.ts'
import { constant, input, type Tensor } from '../tensor.ts'
import { type Arrays, type Feeds, type Tensors, type Tree, toArrays, toTensors, walk } from '../tree.ts'
import type { ExecuteOptions } from './device.ts'
import { loweringFor } from './lowering.ts'
import { openSession, type Session } from './session.ts'
import { openWorkerSession } from './worker-session.ts'

/** A compiled function; see {@link jit}. */
export interface Program<A extends readonly unknown[], R> {
  (...args: { [K in keyof A]: Feeds<A[K]> }): Promise<Arrays<R>>
  /**
   * The `.onnx` file for arguments of these shapes, in standard operators only, so that any runtime and
   * device opens it. Inputs are named by their paths from the list of arguments (`0`, `1.weights.0`), outputs
   * likewise after `out` (`out`, `out.loss`). Inputs that the outputs do not depend on are left out.
   */
  onnx(...args: { [K in keyof A]: Feeds<A[K]> }): Promise<Uint8Array>
  /** Frees the compiled sessions; the next call compiles again. */
  release(): Promise<void>
}

interface Trace<R> {
  readonly inputs: ReadonlyMap<string, Tensor>
  readonly outputs: ReadonlyMap<string, Tensor>
  readonly result: R
}

const asArray = (leaf: NdArray | number | Tensor): NdArray => {
  if (leaf instanceof NdArray) return leaf
  if (typeof leaf === 'number') return scalar(leaf)
  throw new TweedieError('input', 'a program takes arrays, got a symbolic tensor')
}

const signature = (args: readonly unknown[]): string => {
  const parts: string[] = []
  walk(args, (leaf, path) => {
    const { dtype, shape } = asArray(leaf)
    parts.push(`${path}:${dtype}${show(shape)}`)
  })
  return parts.join(' ')
}

const trace = <A extends readonly unknown[], R>(
  fn: (...args: A) => R,
  args: readonly unknown[],
): Trace<R> => {
  const inputs = new Map<string, Tensor>()
  const tensors = toTensors(args, (leaf, path) => {
    const { dtype, shape } = asArray(leaf)
    if (inputs.has(path)) throw new TweedieError('input', `jit: two arguments have the same path '${path}'`)
    const t = input(dtype, shape)
    inputs.set(path, t)
    return t
  }) as readonly unknown[]
  const result = fn(...(tensors as A))
  const outputs = new Map<string, Tensor>()
  toArrays(result, (leaf, path) => {
    outputs.set(outputName(path), leaf)
    return scalar(0)
  })
  if (outputs.size === 0) throw new TweedieError('input', 'jit: the function returned no tensors')
  return { inputs, outputs, result }
}

const outputName = (path: string): string => (path === '' ? 'out' : `out.${path}`)

/** Names of a path in the model; by default the path. */
type Naming = (path: string) => string

const emit = <R>(
  { inputs, outputs }: Trace<R>,
  order: readonly Tensor[],
  lowering: Lowering,
  nameOf: Naming = (path) => path,
): Uint8Array => {
  const emitter = new Emitter(lowering)
  const used = new Set(order)
  for (const [path, t] of inputs) if (used.has(t)) emitter.declare(t, nameOf(path))
  for (const node of order) emitter.value(node)
  return emitter.finish(new Map([...outputs].map(([path, t]) => [nameOf(path), t])), {})
}

/**
 * The nodes of a program. ONNX Runtime computes outputs that were written last first, so those come last that
 * were made first: what only they need is freed early.
 */
const orderOf = <R>({ outputs }: Trace<R>): Tensor[] =>
  topological([...outputs.values()].sort((a, b) => b.id - a.id))

const open = (model: Uint8Array, options: ExecuteOptions): Promise<Session> =>
  options.worker ? openWorkerSession(model, options) : openSession(model, options)

interface Compiled<R> {
  readonly session: Session
  readonly result: R
}

/**
 * Compiles a function of tensors (and nested records of them) to run on arrays of the same nesting.
 *
 * @param fn - pure; called once for each new set of shapes, with symbolic tensors. Arrays that it closes over
 *   are constants of the program: see {@link frozen}.
 * @param options - device, threads; see {@link ExecuteOptions}
 * @returns a function of arrays (numbers are float32 scalars) that returns a promise of arrays
 * @throws TweedieError (the promise) `shape` when ops do not fit the arrays, `input` when an argument is no
 *   array or the function returns no tensor, `device` when the device is absent
 *
 * @example
 * ```ts
 * const norm = jit((x: Tensor) => sqrt(sum(square(x))))
 * item(await norm(ndarray([3, 4]))) // 5
 * ```
 */
export const jit = <A extends readonly unknown[], R>(
  fn: (...args: A) => R,
  options: ExecuteOptions = {},
): Program<A, R> => {
  const cache = new Map<string, Promise<Compiled<R>>>()
  const compile = async (args: readonly unknown[]): Promise<Compiled<R>> => {
    const traced = trace(fn, args)
    const order = orderOf(traced)
    const model = emit(traced, order, await loweringFor(options, order))
    const session = await open(model, options)
    return { session, result: traced.result }
  }
  const run = async (...args: readonly unknown[]): Promise<Arrays<R>> => {
    const key = signature(args)
    const compiling = cache.get(key) ?? compile(args)
    cache.set(key, compiling)
    const { session, result } = await compiling.catch((cause: unknown) => {
      cache.delete(key)
      throw cause
    })
    const feeds: Record<string, NdArray> = {}
    walk(args, (leaf, path) => {
      feeds[path] = asArray(leaf)
    })
    const outputs = await session.run(feeds)
    return toArrays(result, (_leaf, path) => outputs[outputName(path)])
  }
  return Object.assign(run as Program<A, R>, {
    onnx: async (...args: readonly unknown[]) => {
      const traced = trace(fn, args)
      return emit(traced, orderOf(traced), portableLowering)
    },
    release: async () => {
      const sessions = [...cache.values()]
      cache.clear()
      for (const compiled of sessions) await (await compiled).session.release()
    },
  })
}

/**
 * Arrays as constants: `frozen(params)` inside a traced function makes weights part of the program, which
 * lets ONNX Runtime fold and prepack them.
 *
 * @example
 * ```ts
 * const weights = { scale: ndarray([0.5]) }
 * const scaled = jit((x: Tensor) => mul(x, frozen(weights).scale))
 * ```
 */
export const frozen = <T>(arrays: T): Tensors<T> => toTensors(arrays, (leaf) => constant(asArray(leaf)))

/**
 * The `.onnx` file of a function of named tensors, in standard operators only, so that any
 * runtime and device opens it. Inputs and outputs are named by their keys; inputs that the
 * outputs do not depend on are left out.
 *
 * @param like - arrays of the shapes that the file is for
 *
 * @example
 * ```ts
 * const model = onnxOf(({ x }: { x: Tensor }) => ({ norm: sqrt(sum(square(x))) }), { x: zeros([2]) })
 * ```
 */
export const onnxOf = <I extends Tree<Tensor>, O extends Tree<Tensor>>(
  fn: (inputs: I) => O,
  like: Feeds<I>,
): Uint8Array => {
  const traced = trace(fn, [like])
  return emit(traced, orderOf(traced), portableLowering, (path) => path.replace(/^(0|out)\./, ''))
}

/**
 * Opens a saved program; its arrays are named as in {@link Program.onnx}.
 *
 * @throws TweedieError `input` when these are not the bytes of a model, `device` when the device is absent
 *
 * @example
 * ```ts
 * const program = await loadProgram(readBytes('norm.onnx'))
 * const { out } = await program.run({ 0: ndarray([3, 4]) })
 * ```
 */
export const loadProgram = async (model: Uint8Array, options: ExecuteOptions = {}): Promise<Session> => {
  try {
    return await open(model, options)
  } catch (cause) {
    if (cause instanceof TweedieError) throw cause
    const [reason] = (cause instanceof Error ? cause.message : `${cause}`).split('\n')
    throw new TweedieError('input', `loadProgram: not a program that ONNX Runtime can open (${reason})`, {
      cause,
    })
  }
}
