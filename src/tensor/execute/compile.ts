/** What all programs share: a function is traced, emitted, opened, and kept for arguments of its shapes. */
import { TweedieError } from '../../error.ts'
import { topological } from '../gradient.ts'
import { scalar } from '../ndarray.ts'
import { Emitter, type Lowering } from '../onnx/emitter.ts'
import { show } from '../shape.ts'
import { input, Tensor } from '../tensor.ts'
import { mapTensors, toArrays, toTensors, type Value, walk } from '../tree.ts'
import type { ExecuteOptions } from './device.ts'
import { loweringFor } from './lowering.ts'
import { expectHost, type HoldingSession, openHolding } from './session.ts'
import { openWorkerSession } from './worker-session.ts'

/** A function with symbolic tensors for its arguments. */
interface Trace<R> {
  readonly inputs: ReadonlyMap<string, Tensor>
  readonly outputs: ReadonlyMap<string, Tensor>
  readonly result: R
}

/** A leaf of the arguments; numbers are float32 scalars. */
export const asValue = (leaf: Value | number | Tensor): Value => {
  if (leaf instanceof Tensor) throw new TweedieError('input', 'a program takes arrays, got a symbolic tensor')
  return typeof leaf === 'number' ? scalar(leaf) : leaf
}

const signature = (args: readonly unknown[]): string => {
  const parts: string[] = []
  walk(args, (leaf, path) => {
    const { dtype, shape } = asValue(leaf)
    parts.push(`${path}:${dtype}${show(shape)}`)
  })
  return parts.join(' ')
}

/** Calls a function with symbolic tensors like the arguments. */
export const trace = <A extends readonly unknown[], R>(
  fn: (...args: A) => R,
  args: readonly unknown[],
): Trace<R> => {
  const inputs = new Map<string, Tensor>()
  const tensors = toTensors(args, (leaf, path) => {
    const { dtype, shape } = asValue(leaf)
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

/** The name of a path of the result. */
export const outputName = (path: string): string => (path === '' ? 'out' : `out.${path}`)

/** Names of a path in the model; by default the path. */
type Naming = (path: string) => string

/** The model of a trace. */
export const emit = <R>(
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
export const orderOf = <R>({ outputs }: Trace<R>): Tensor[] =>
  topological([...outputs.values()].sort((a, b) => b.id - a.id))

/**
 * Whether programs can leave their results on the device. ONNX Runtime for Node does so for WebGPU alone; a
 * worker's session gives its arrays to another thread, which a device's buffers cannot go to.
 */
export const canHold = ({ device, worker = false }: ExecuteOptions): boolean => device === 'webgpu' && !worker

const open = async (
  model: Uint8Array,
  options: ExecuteOptions,
  held: readonly string[],
): Promise<HoldingSession> => {
  if (!options.worker) return openHolding(model, options, held)
  const session = await openWorkerSession(model, options)
  return {
    ...session,
    run: (feeds) =>
      session.run(
        Object.fromEntries(Object.entries(feeds).map(([name, value]) => [name, expectHost(value)])),
      ),
  }
}

interface Compiled<R> {
  readonly session: HoldingSession
  /** Its nesting alone: the graph and the constants in it are no longer needed. */
  readonly result: R
}

/** The nesting of a result, without what it is computed from. */
const nestingOf = <R>(result: R): R => mapTensors(({ dtype, shape }) => input(dtype, shape), result)

/** The answer of a program: what the function returned, and the arrays of its outputs by their names. */
interface Answer<R> {
  readonly result: R
  readonly outputs: Readonly<Record<string, Value>>
}

/** A function compiled anew for each set of shapes. */
export interface Compiler<R> {
  run(args: readonly unknown[]): Promise<Answer<R>>
  release(): Promise<void>
}

/**
 * @param held - whether an output stays on the device, by its path in the result; only where that is possible
 */
export const compiler = <A extends readonly unknown[], R>(
  fn: (...args: A) => R,
  options: ExecuteOptions,
  held: (path: string) => boolean = () => false,
): Compiler<R> => {
  const cache = new Map<string, Promise<Compiled<R>>>()
  const compile = async (args: readonly unknown[]): Promise<Compiled<R>> => {
    const traced = trace(fn, args)
    const order = orderOf(traced)
    const model = emit(traced, order, await loweringFor(options, order))
    const paths: string[] = []
    if (canHold(options)) walk(traced.result, (_leaf, path) => paths.push(path))
    const session = await open(model, options, paths.filter(held).map(outputName))
    return { session, result: nestingOf(traced.result) }
  }
  return {
    run: async (args) => {
      const key = signature(args)
      const compiling = cache.get(key) ?? compile(args)
      cache.set(key, compiling)
      const { session, result } = await compiling.catch((cause: unknown) => {
        cache.delete(key)
        throw cause
      })
      const feeds: Record<string, Value> = {}
      walk(args, (leaf, path) => {
        feeds[path] = asValue(leaf)
      })
      return { result, outputs: await session.run(feeds) }
    },
    release: async () => {
      const sessions = [...cache.values()]
      cache.clear()
      for (const compiled of sessions) await (await compiled).session.release()
    },
  }
}
