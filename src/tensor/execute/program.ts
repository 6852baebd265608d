/**
 * `jit`: a function of tensors becomes a function of arrays. It is traced once per set of shapes, emitted as
 * one ONNX model, compiled and kept.
 */
import { TweedieError } from '../../error.ts'
import { portableLowering } from '../onnx/webgpu.ts'
import { constant, type Tensor } from '../tensor.ts'
import { type Arrays, type Feeds, type Tensors, type Tree, toArrays, toTensors } from '../tree.ts'
import { asValue, compiler, emit, orderOf, outputName, trace } from './compile.ts'
import type { ExecuteOptions } from './device.ts'
import { expectHost, openSession, type Session } from './session.ts'
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
  const { run, release } = compiler(fn, options)
  const call = async (...args: readonly unknown[]): Promise<Arrays<R>> => {
    const { result, outputs } = await run(args)
    return toArrays(result, (_leaf, path) => expectHost(outputs[outputName(path)]))
  }
  return Object.assign(call as Program<A, R>, {
    onnx: async (...args: readonly unknown[]) => {
      const traced = trace(fn, args)
      return emit(traced, orderOf(traced), portableLowering)
    },
    release,
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
export const frozen = <T>(arrays: T): Tensors<T> =>
  toTensors(arrays, (leaf) => constant(expectHost(asValue(leaf))))

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
    return await (options.worker ? openWorkerSession(model, options) : openSession(model, options))
  } catch (cause) {
    if (cause instanceof TweedieError) throw cause
    const [reason] = (cause instanceof Error ? cause.message : `${cause}`).split('\n')
    throw new TweedieError('input', `loadProgram: not a program that ONNX Runtime can open (${reason})`, {
      cause,
    })
  }
}
