/** Parts of a tensor: slices, pieces, entries by index, and edges. */
import { type Shape, sizeOf, zeros } from '../../ndarray.ts'
import { pad, reshape, slice, split, take } from '../../ops/index.ts'
import { axisOf } from '../../shape.ts'
import { constant, type Tensor } from '../../tensor.ts'
import type { Rules, Site } from '../site.ts'

/** A range of one axis: from, and how many by which step. */
interface Span {
  readonly from: number
  readonly step: number
  readonly count: number
}

const clamp = (v: number, low: number, high: number): number => Math.max(low, Math.min(high, v))

/** Bounds count from the end when negative, and reach to the ends at most. */
const spanOf = (size: number, start: number, stop: number, step: number): Span => {
  const [low, high] = step > 0 ? [0, size] : [-1, size - 1]
  const place = (at: number) => clamp(at < 0 ? at + size : at, low, high)
  const from = clamp(place(start), 0, step > 0 ? size : size - 1)
  return { from, step, count: Math.max(0, Math.ceil((place(stop) - from) / step)) }
}

const whole = (size: number): Span => ({ from: 0, step: 1, count: size })

const cut = (x: Tensor, spans: readonly Span[]): Tensor => {
  const shape = spans.map(({ count }) => count)
  if (sizeOf(shape) === 0) return constant(zeros(shape, x.dtype))
  const forward = spans.map((span, i) => (span.step > 0 ? span : whole(x.shape[i])))
  const straight = slice(
    x,
    forward.map(({ from }) => from),
    forward.map(({ from, step, count }) => from + (count - 1) * step + 1),
    forward.map(({ step }) => step),
  )
  return spans.reduce((y, { from, step, count }, i) => {
    if (step > 0) return y
    return take(
      y,
      Array.from({ length: count }, (_, k) => from + k * step),
      i,
    )
  }, straight)
}

const sliced = (site: Site): Tensor => {
  const x = site.input(0)
  const starts = site.list(1, 'starts') ?? site.refuse('its starts are missing')
  const stops = site.list(2, 'ends') ?? site.refuse('its ends are missing')
  const axes = (site.list(3, 'axes') ?? starts.map((_, i) => i)).map((a) =>
    axisOf('Slice', a, x.shape.length),
  )
  const steps = site.maybe(4) ? site.numbers(4) : starts.map(() => 1)
  if (steps.some((step) => step === 0)) site.refuse('a step of 0')
  const spans = x.shape.map((size, i) => {
    const k = axes.indexOf(i)
    return k < 0 ? whole(size) : spanOf(size, starts[k], stops[k], steps[k])
  })
  return cut(x, spans)
}

const pieces = (site: Site): readonly Tensor[] => {
  const x = site.input(0)
  const axis = site.axis(x.shape.length, 0)
  const given = site.list(1, 'split')
  const count = site.node.outputs.length
  const each = Math.ceil(x.shape[axis] / count)
  const equal = Array.from({ length: count }, (_, i) => Math.min(each, x.shape[axis] - i * each))
  return split(x, given ?? equal, axis)
}

/** One index that is known is a slice, whose derivative is cheaper than that of a table. */
const gathered = (site: Site): Tensor => {
  const x = site.input(0)
  const axis = site.axis(x.shape.length, 0)
  const indices = site.input(1)
  const known = indices.shape.length === 0 ? site.scalar(1) : undefined
  if (known === undefined) return take(x, indices, axis)
  const at = axisOf('Gather', known, x.shape[axis])
  const one = slice(
    x,
    x.shape.map((_, i) => (i === axis ? at : 0)),
    x.shape.map((d, i) => (i === axis ? at + 1 : d)),
  )
  return reshape(
    one,
    x.shape.filter((_, i) => i !== axis),
  )
}

/** Where the entries of a padded axis come from. */
const sources: Readonly<Record<string, (at: number, size: number) => number>> = {
  edge: (at, size) => clamp(at, 0, size - 1),
  reflect: (at, size) => {
    const period = Math.max(1, 2 * (size - 1))
    const along = ((at % period) + period) % period
    return along < size ? along : period - along
  },
  wrap: (at, size) => ((at % size) + size) % size,
}

/** Cells around x, of one value or of its own; negative ones take cells away. */
const surrounded = (site: Site): Tensor => {
  const x = site.input(0)
  const rank = x.shape.length
  const pads = site.list(1, 'pads') ?? site.refuse('its pads are missing')
  const axes = (site.maybe(3) ? site.numbers(3) : x.shape.map((_, i) => i)).map((a) => axisOf('Pad', a, rank))
  if (pads.length !== 2 * axes.length) site.refuse(`${pads.length} pads for ${axes.length} axes`)
  const at = (i: number, end: 0 | 1): number => {
    const k = axes.indexOf(i)
    return k < 0 ? 0 : pads[k + end * axes.length]
  }
  const [before, after]: readonly [Shape, Shape] = [
    x.shape.map((_, i) => at(i, 0)),
    x.shape.map((_, i) => at(i, 1)),
  ]
  const mode = site.text('mode', 'constant')
  if (mode === 'constant') {
    const value = site.maybe(2) ? site.numbers(2)[0] : site.float('value', 0)
    const inner = slice(
      x,
      before.map((n) => Math.max(0, -n)),
      x.shape.map((d, i) => d - Math.max(0, -after[i])),
    )
    return pad(
      inner,
      before.map((n) => Math.max(0, n)),
      after.map((n) => Math.max(0, n)),
      value,
    )
  }
  const source = Object.hasOwn(sources, mode) ? sources[mode] : site.refuse(`mode '${mode}' is not read`)
  return x.shape.reduce((y, size, i) => {
    const length = before[i] + size + after[i]
    if (before[i] === 0 && after[i] === 0) return y
    if (!(length > 0 && length <= 2 ** 20)) site.refuse(`${length} entries along an axis`)
    return take(
      y,
      Array.from({ length }, (_, k) => source(k - before[i], size)),
      i,
    )
  }, x)
}

export const parts: Rules = { Slice: sliced, Split: pieces, Gather: gathered, Pad: surrounded }
