/** What is being restored, by what, and what came out: the state behind a brush. */
import { computed, effect, type ReadonlySignal, type Signal, signal } from '@preact/signals'
import type { Engine } from '../engine/engine.ts'
import { inputsOf, type Observed } from '../engine/inputs.ts'
import type { Manifest } from '../engine/manifest.ts'
import type { ModelArrays } from '../engine/messages.ts'
import { type Draws, drawOf } from '../posterior/draws.ts'
import { emptySummary, type Summary, summarise } from '../posterior/summary.ts'
import { type Domain, lookIn, placesIn, shapeIn } from './domain.ts'
import { evidenceOf } from './evidence.ts'
import type { Examples } from './examples.ts'
import { firstMask } from './first-masks.ts'
import { observe, seenAlone } from './observe.ts'
import { paced } from './pace.ts'
import { withoutPadding, withPadding } from './padding.ts'
import { spreadOf, widestOf } from './spread.ts'
import { type Trust, trustIn } from './trust.ts'

/** Draws and the observation that they were made of. */
interface Result {
  readonly observed: Observed
  /** [K, D]. */
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
  readonly domain: Domain
  /** Which example. */
  readonly index: Signal<number>
  /** A place each, 1 = seen. */
  readonly mask: Signal<Float32Array>
  readonly noise: Signal<number>
  /** Of the draws. */
  readonly seed: Signal<number>
  /** Whether a stroke goes on: it is followed at a pace. */
  readonly painting: Signal<boolean>
  readonly truth: ReadonlySignal<Float32Array>
  readonly observed: ReadonlySignal<Observed>
  /** Its values, NaN where nothing was seen. */
  readonly seen: ReadonlySignal<Float32Array>
  readonly result: ReadonlySignal<Result>
  /** Whether the result is of what is on the screen. */
  readonly current: ReadonlySignal<boolean>
  readonly draws: ReadonlySignal<Draws>
  /** One by one; the same arrays until other draws are made. */
  readonly each: ReadonlySignal<readonly Float32Array[]>
  readonly summary: ReadonlySignal<Summary>
  /** Standard deviation at each place, of all channels together. */
  readonly spread: ReadonlySignal<Float32Array>
  /** Largest spread of the examples at a place. */
  readonly widest: number
  readonly trust: ReadonlySignal<Trust>
  /** Why the last evaluation failed. */
  readonly trouble: ReadonlySignal<string | undefined>
  /** What the sampler is given for what is on the screen. */
  readonly inputs: ReadonlySignal<ModelArrays>
  /** Draws a mask of a kind, another one each time. */
  readonly take: (kind: string) => void
  readonly close: () => void
}

/** What is shown first. */
export interface FirstSight {
  readonly name: string
  /** By its name in masks.ts, or point-masks.ts. */
  readonly mask: string
  readonly noise: number
}

/**
 * @param examples - what can be damaged, and draws of what is shown first
 *
 * @example
 * ```ts
 * const restoring = restoringOf(manifest, examples, engine, { name: 'digits', mask: 'few', noise: 0.05 })
 * restoring.mask.value = brush.paint(restoring.mask.value, { raster, from, to, size: 4, seen: false })
 * ```
 */
export const restoringOf = (
  manifest: Manifest,
  { domain, padding, signals, first, count }: Examples,
  engine: Engine,
  { name, mask: kind, noise: level }: FirstSight,
): Restoring => {
  const [look, size] = [lookIn(domain), shapeIn(domain).reduce((a, b) => a * b)]
  const [index, noise, seed] = [signal(0), signal(level), signal(0)]
  const mask = signal(firstMask(domain, kind, 0))
  const painting = signal(false)
  const trouble = signal<string>()
  const truth = computed(() => signals.subarray(index.value * size, (index.value + 1) * size))
  const observed = computed(() =>
    observe(truth.value, { mask: mask.value, noise: noise.value, seed: index.value }),
  )
  const result = signal<Result>({ observed: observed.peek(), draws: first })

  const asked = computed<Asked>(() => ({ observed: observed.value, seed: seed.value }))
  const inputsFor = ({ observed: { y, mask, noise }, seed }: Asked) => {
    const padded = { y: withPadding(y, padding), mask: withPadding(mask, padding), noise }
    return inputsOf(manifest, padded, seed)
  }
  const ask = async (asked: Asked): Promise<void> => {
    try {
      const answer = await engine.run(inputsFor(asked))
      if (answer.kind === 'stale') return
      const { outputs, milliseconds } = answer.value
      const { x, logq } = outputs
      trouble.value = undefined
      const draws = withoutPadding(x.data, placesIn(domain), padding)
      result.value = { observed: asked.observed, draws, milliseconds, ...(logq ? { logq: logq.data } : {}) }
    } catch (cause) {
      trouble.value = cause instanceof Error ? cause.message : String(cause)
    }
  }
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
    look,
    count: manifest.draws,
    size,
    values: result.value.draws,
    range: manifest.range,
    truth: truth.value,
    observed: seenAlone(result.value.observed),
  }))
  const summary = computed(() => {
    const made = emptySummary(size)
    summarise(draws.value, made, 0, size)
    return made
  })
  let takes = 0
  return {
    manifest,
    engine,
    count,
    domain,
    index,
    mask,
    noise,
    seed,
    painting,
    truth,
    observed,
    seen: computed(() => seenAlone(observed.value)),
    result,
    current: computed(() => result.value.observed === observed.value),
    draws,
    each: computed(() => Array.from({ length: manifest.draws }, (_, k) => drawOf(draws.value, k))),
    summary,
    spread: computed(() => spreadOf(summary.value.deviation, placesIn(domain))),
    widest: widestOf(signals, size, placesIn(domain)),
    trust: computed(() => trustIn(manifest, evidenceOf(result.value.observed, result.value, domain))),
    trouble,
    inputs: computed(() => inputsFor(asked.value)),
    take: (kind) => {
      mask.value = firstMask(domain, kind, ++takes)
    },
    close: () => {
      forget()
      engine.close()
    },
  }
}
