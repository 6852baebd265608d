/** Devices that programs run on, and numbers of threads. */
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { TweedieError } from '../../error.ts'

/**
 * `cpu` is always there; `webgpu` and `cuda` depend on the machine. `cuda:1` is the second of its GPUs,
 * `cuda` the first.
 */
export type Device = 'cpu' | 'webgpu' | 'cuda' | `cuda:${number}`

/** A device as ONNX Runtime calls it: the execution provider, and which of several devices. */
export type Provider =
  | { readonly name: 'cpu' | 'webgpu' }
  | { readonly name: 'cuda'; readonly deviceId: number }

/**
 * The provider of a device.
 *
 * @throws TweedieError `input` for any other name
 */
export const providerOf = (device: Device): Provider => {
  if (device === 'cpu' || device === 'webgpu') return { name: device }
  const [, number = '0'] = /^cuda(?::(0|[1-9]\d{0,2}))?$/.exec(device) ?? fail(device)
  return { name: 'cuda', deviceId: Number(number) }
}

const fail = (device: string): never => {
  throw new TweedieError('input', `device must be cpu, webgpu, cuda or cuda:N (N from 0), got '${device}'`)
}

/** See {@link ExecuteOptions.layout}. */
export type Layout = 'auto' | 'plain'

/** Options of the execution of a program. */
export interface ExecuteOptions {
  /** Default `cpu`; `webgpu`, `cuda`, or `cuda:N` for GPU N = 0, 1, … */
  readonly device?: Device
  /**
   * Threads inside an op, at most as many as the machine has processors; default `TWEEDIE_THREADS`, else the
   * physical cores.
   */
  readonly threads?: number
  /**
   * Whether idle threads spin while they wait (default true): faster when nothing else runs, harmful when
   * other work competes for the cores.
   */
  readonly spinning?: boolean
  /**
   * Layout of images in memory between ops on the CPU: `auto` (default, or `TWEEDIE_LAYOUT`) takes blocks of
   * channels where this CPU has them, `plain` is row-major throughout.
   */
  readonly layout?: Layout
  /** Fail when the device lacks an op, where ONNX Runtime would compute it on the CPU (default false). */
  readonly strict?: boolean
  /**
   * Whether a program keeps the memory that it has used for its next run (default true): faster, unless the
   * program is a few large passes. On the CPU.
   */
  readonly arena?: boolean
  /** Run in a worker thread, so that the caller's thread stays responsive (default false). */
  readonly worker?: boolean
}

const physicalCores = (): number => {
  const logical = availableParallelism()
  try {
    const siblings = Array.from({ length: logical }, (_, i) =>
      readFileSync(`/sys/devices/system/cpu/cpu${i}/topology/thread_siblings_list`, 'utf8').trim(),
    )
    return new Set(siblings).size
  } catch {
    return logical // not Linux, or a restricted container: the logical cores are the best that we know
  }
}

/** More threads than processors only wait for each other; of thousands the engine never comes to an end. */
const expectThreads = (name: string, threads: number, got: string): number => {
  const most = availableParallelism()
  if (Number.isInteger(threads) && threads >= 1 && threads <= most) return threads
  throw new TweedieError(
    'input',
    `${name} must be a positive integer, at most ${most} (the processors of this machine), got ${got}`,
  )
}

/**
 * The number of threads a program gets when its options do not say: `TWEEDIE_THREADS`, else the physical
 * cores.
 *
 * @throws TweedieError `input` when the variable is no positive integer, or above the number of processors
 */
export const defaultThreads = (): number => {
  const text = process.env.TWEEDIE_THREADS
  if (text === undefined || text === '') return physicalCores()
  return expectThreads('TWEEDIE_THREADS', Number(text), `'${text}'`)
}

/** The number of threads that the options ask for. @throws TweedieError `input` for one out of bounds */
export const threadsOf = ({ threads }: ExecuteOptions): number =>
  threads === undefined ? defaultThreads() : expectThreads('threads', threads, `${threads}`)

/** The layout a program gets when its options do not say. */
export const defaultLayout = (): Layout => {
  const text = process.env.TWEEDIE_LAYOUT ?? ''
  if (text === 'auto' || text === '') return 'auto'
  if (text === 'plain') return 'plain'
  throw new TweedieError('input', `TWEEDIE_LAYOUT must be 'auto' or 'plain', got '${text}'`)
}
