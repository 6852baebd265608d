/** What is being restored, by what, and what came out: the state behind a brush. */
import { computed, effect, type ReadonlySignal, type Signal, signal } from '@preact/signals'
import type { Engine } from '../engine/engine.ts'
import { inputsOf, type Observed } from '../engine/inputs.ts'
import { imageShape, type Manifest } from '../engine/manifest.ts'
import type { Draws } from '../posterior/draws.ts'
import { emptySummary, type Summary, summarise } from '../posterior/summary.ts'
import { evidenceOf } from './evidence.ts'
import type { Examples } from './examples.ts'
import { maskKinds } from './masks.ts'
import { observe } from './observe.ts'
import { paced } from './pace.ts'
import { type Trust, trustIn } from './trust.ts'

/** Draws and the observation that they were made of. */
interface Result {
  readonly observed: Observed
  /** [K, C·H·W]. */
  readonly draws: Float32Array
  /** [K]. */
  readonly logq?: Float32Array
  /** Milliseconds of the evaluation, of draws that were made here. */
  readonly milliseconds?: number
}

/** What is evaluated. */
interface Asked {
  readonly observed: Observed
  readonly seed: number
}

export interface Restoring {
  readonly manifest: Manifest
  readonly engine: Engine
  /** Number of examples. */
  readonly count: number
  readonly shape: { readonly channels: number; readonly height: number; readonly width: number }
  /** Which example. */
  readonly index: Signal<number>
  readonly mask: Signal<Float32Array>
  readonly noise: Signal<number>
  /** Of the draws. */
  readonly seed: Signal<number>
  /** Whether a stroke goes on: it is followed at a pace. */
  readonly painting: Signal<boolean>
  readonly truth: ReadonlySignal<Float32Array>
  readonly observed: ReadonlySignal<Observed>
  readonly result: ReadonlySignal<Result>
  /** Whether the result is of what is on the screen. */
  readonly current: ReadonlySignal<boolean>
  readonly draws: ReadonlySignal<Draws>
  readonly summary: ReadonlySignal<Summary>
  readonly trust: ReadonlySignal<Trust>
  /** Why the last evaluation failed. */
  readonly trouble: ReadonlySignal<string | undefined>
  /** Draws a mask of a kind, another one each time. */
  readonly take: (kind: string) => void
  readonly close: () => void
}

/** What is shown first. */
export interface FirstSight {
  readonly name: string
  /** By its name in masks.ts. */
  readonly mask: string
  readonly noise: number
}

const maskOf = (kind: string, seed: number, size: { readonly height: number; readonly width: number }) =>
  maskKinds.find(({ name }) => name === kind)?.draw(size, seed) ??
  new Float32Array(size.height * size.width).fill(1)

/** Where nothing was seen there is nothing to lay over the draws. */
const seenAlone = ({ y, mask }: Observed): Float32Array =>
  y.map((value, i) => (mask[i % mask.length] > 0.5 ? value : Number.NaN))

/**
 * @param examples - what can be damaged, and draws of what is shown first
 *
 * @example
 * ```ts
 * const restoring = restoringOf(manifest, examples, engine, { name: 'digits', mask: 'few', noise: 0.05 })
 * restoring.mask.value = stroke(restoring.mask.value, restoring.shape, { from, to, radius: 2, seen: false })
 * ```
 */
export const restoringOf = (
  manifest: Manifest,
  { images, first, count }: Examples,
  engine: Engine,
  { name, mask: kind, noise: level }: FirstSight,
): Restoring => {
  const [channels, height, width] = imageShape(manifest)
  const shape = { channels, height, width }
  const size = channels * height * width
  const [index, noise, seed] = [signal(0), signal(level), signal(0)]
  const mask = signal(maskOf(kind, 0, shape))
  const painting = signal(false)
  const trouble = signal<string>()
  const truth = computed(() => images.subarray(index.value * size, (index.value + 1) * size))
  const observed = computed(() =>
    observe(truth.value, { mask: mask.value, noise: noise.value, seed: index.value }),
  )
  const result = signal<Result>({ observed: observed.peek(), draws: first })

  const ask = async ({ observed, seed }: Asked): Promise<void> => {
    try {
      const answer = await engine.run(inputsOf(manifest, observed, seed))
      if (answer.kind === 'stale') return
      const { outputs, milliseconds } = answer.value
      const { x, logq } = outputs
      trouble.value = undefined
      result.value = { observed, draws: x.data, milliseconds, ...(logq ? { logq: logq.data } : {}) }
    } catch (cause) {
      trouble.value = cause instanceof Error ? cause.message : String(cause)
    }
  }
  const asked = computed<Asked>(() => ({ observed: observed.value, seed: seed.value }))
  const ready = computed(() => engine.state.value.kind === 'ready')
  const forget = effect(() => {
    if (!ready.value) return undefined
    const pace = paced(ask, () => result.peek().milliseconds ?? 0)
    const follow = effect(() => pace.take(asked.value, painting.value))
    return () => {
      follow()
      pace.stop()
    }
  })

  const draws = computed<Draws>(() => ({
    name,
    look: { kind: 'image', ...shape },
    count: manifest.draws,
    size,
    values: result.value.draws,
    range: manifest.range,
    truth: truth.value,
    observed: seenAlone(result.value.observed),
  }))
  let takes = 0
  return {
    manifest,
    engine,
    count,
    shape,
    index,
    mask,
    noise,
    seed,
    painting,
    truth,
    observed,
    result,
    current: computed(() => result.value.observed === observed.value),
    draws,
    summary: computed(() => {
      const summary = emptySummary(size)
      summarise(draws.value, summary, 0, size)
      return summary
    }),
    trust: computed(() =>
      trustIn(manifest.validation, evidenceOf(result.value.observed, result.value, shape)),
    ),
    trouble,
    take: (kind) => {
      mask.value = maskOf(kind, ++takes, shape)
    },
    close: () => {
      forget()
      engine.close()
    },
  }
}
