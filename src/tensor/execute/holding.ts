/**
 * Programs whose state stays where they run: results that only the next call needs do not come back to the
 * host in between. Where a device cannot keep arrays they are arrays of the host, and all is the same.
 */
import { DeviceArray } from '../device-array.ts'
import type { Tensor } from '../tensor.ts'
import { type Arrays, type Feeds, type Held, toArrays, toHeld, toHost, type Value, walk } from '../tree.ts'
import { canHold, compiler, outputName } from './compile.ts'
import type { ExecuteOptions } from './device.ts'
import { expectHost } from './session.ts'

/** A compiled function that keeps part of its result on the device; see {@link holding}. */
export interface Holding<S, A extends readonly unknown[], K, R> {
  (
    state: Held<S>,
    ...args: { [I in keyof A]: Feeds<A[I]> }
  ): Promise<{ readonly held: Held<K>; readonly told: Arrays<R> }>
  /** Frees the compiled sessions, not the arrays that calls have left on the device. */
  release(): Promise<void>
}

/**
 * Compiles a function like `jit`, of which `held` stays on the device and `told` comes to the host. Its first
 * argument may be what another call has left on the device. On WebGPU that saves the way through the host;
 * elsewhere `held` are arrays of the host.
 *
 * Arrays on the device are freed by {@link free}; {@link holder} brings them to the host.
 *
 * @throws TweedieError (the promise) as `jit`
 *
 * @example
 * ```ts
 * const device = { device: 'webgpu' } as const
 * const double = holding((x: Tensor) => ({ held: mul(x, 2), told: sum(x) }), device)
 * const { held } = await double(ndarray([1, 2]))
 * const { told } = await double(held) // 6
 * free(held)
 * ```
 */
export const holding = <S, A extends readonly unknown[], K, R>(
  fn: (state: S, ...args: A) => { readonly held: K; readonly told: R },
  options: ExecuteOptions = {},
): Holding<S, A, K, R> => {
  const { run, release } = compiler(fn, options, (path) => /^held(\.|$)/.test(path))
  const call = async (state: Held<S>, ...args: { [I in keyof A]: Feeds<A[I]> }) => {
    const { result, outputs } = await run([state, ...args])
    const at = (under: string, path: string) => outputs[outputName(path === '' ? under : `${under}.${path}`)]
    return {
      held: toHeld(result.held, (_leaf, path) => at('held', path)),
      told: toArrays(result.told, (_leaf, path) => expectHost(at('told', path))),
    }
  }
  return Object.assign(call, { release })
}

/** Brings arrays from the device to the host. */
export interface Holder {
  /** Whether programs with these options leave arrays on the device at all. */
  readonly holds: boolean
  /** The same arrays on the host; those that are there already are not copied. */
  read<T>(tree: Held<T>): Promise<Arrays<T>>
  release(): Promise<void>
}

/**
 * The way back from a device, for programs with the same options. ONNX Runtime for Node has none but the
 * outputs of a program: this is one that copies.
 */
export const holder = (options: ExecuteOptions = {}): Holder => {
  const { run, release } = compiler((arrays: readonly Tensor[]) => arrays, options)
  const read = async <T>(tree: Held<T>): Promise<Arrays<T>> => {
    const away = arraysOnDevice(tree)
    if (away.length === 0) return tree as Arrays<T>
    const { outputs } = await run([away])
    const copies = new Map<DeviceArray, Value>(
      away.map((array, i) => [array, outputs[outputName(`${i}`)]] as const),
    )
    return toHost(tree, (array) => expectHost(copies.get(array) ?? array))
  }
  return { holds: canHold(options), read, release }
}

const arraysOnDevice = (tree: unknown): DeviceArray[] => {
  const found = new Set<DeviceArray>()
  walk(tree, (leaf) => {
    if (leaf instanceof DeviceArray) found.add(leaf)
  })
  return [...found]
}

/** Frees a tree's arrays on the device, but those that `kept` has too. */
export const free = (tree: unknown, kept: unknown = []): void => {
  const stays = new Set(arraysOnDevice(kept))
  for (const array of arraysOnDevice(tree)) if (!stays.has(array)) array.release()
}
