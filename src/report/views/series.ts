/** Vectors and signals: fan charts, one for each series of each observation. */
import { centralInterval } from '../../diagnose/index.ts'
import { NdArray, sizeOf } from '../../tensor/index.ts'
import { type Fan, type FanCurve, fanChart } from '../charts/fan-chart.ts'
import { cssColor, neverSeenColor } from '../colormap.ts'
import { type Html, html } from '../html.ts'
import type { Restoration } from '../strip.ts'
import { seriesColors } from '../style.ts'
import { byChannel } from './by-channel.ts'
import { shownItems } from './image.ts'
import type { ViewLook } from './view-look.ts'

/** Charts at most. */
const MOST = 12

/** Central intervals that are drawn, the widest first. */
const LEVELS = [0.9, 0.5] as const

/** Draws that resolve the widest. */
const ENOUGH = 19

/** Entries up to which a vector is a list of parameters and no curve. */
const FEW = 16

/** Vectors, and events of more axes than two, as signals [N, 1, V]. */
export const asSignals = (restoration: Restoration): Restoration => {
  const { y, mask, draws, mean, std, truth, others = [] } = restoration
  const axes = mean.shape.length - 1
  if (axes === 2) return restoration
  const one = ({ dtype, shape, data }: NdArray): NdArray => {
    const lead = shape.slice(0, shape.length - axes)
    return new NdArray(dtype, [...lead, 1, sizeOf(shape.slice(shape.length - axes))], data)
  }
  return {
    ...restoration,
    y: one(y),
    draws: one(draws),
    mean: one(mean),
    ...(mask ? { mask: one(mask) } : {}),
    ...(std ? { std: one(std) } : {}),
    ...(truth ? { truth: one(truth) } : {}),
    others: others.map((other) => ({ ...other, mean: one(other.mean) })),
  }
}

/** Item `index` of [..., V]; NaN where one of the marks is 0. */
const rowOf = (array: NdArray, index: number, ...marks: readonly (ArrayLike<number> | undefined)[]) => {
  const length = array.shape[array.shape.length - 1]
  return Float64Array.from({ length }, (_, v) =>
    marks.some((mark) => mark?.[v] === 0) ? Number.NaN : Number(array.data[index * length + v]),
  )
}

const bandsOf = (draws: NdArray, item: number, marks: ArrayLike<number> | undefined): Fan['bands'] => {
  const [K, items] = draws.shape
  if (K < 2) return []
  const each = Array.from({ length: K }, (_, k) => rowOf(draws, k * items + item, marks))
  const sorted = Array.from(each[0], (_, v) => Float64Array.from(each, (draw) => draw[v]).sort())
  return LEVELS.map((level) => {
    const ends = sorted.map((own) => centralInterval(own, level))
    return { low: ends.map(([low]) => low), high: ends.map(([, , high]) => high) }
  })
}

/** The curves, in the order of the key; the truth is drawn last. */
const curvesOf = ({ mean, truth, others = [] }: Restoration, item: number, marks?: ArrayLike<number>) => {
  const values = (array: NdArray) => rowOf(array, item, marks)
  return [
    { name: 'mean', values: values(mean), look: 'line s0' },
    ...others.map((other): FanCurve => ({ name: other.name, values: values(other.mean), look: 'thin s2' })),
    ...(truth ? [{ name: 'truth', values: values(truth), look: 'line s1' }] : []),
  ] satisfies FanCurve[]
}

const swatch = (colour: string, opacity = 1, height = '.8rem'): Html =>
  html`<i style="width:1.1rem;height:${height};background:${colour};opacity:${opacity}"></i>`

/** The meaning of the colours. */
const keyOf = ({ draws, mask, truth, others = [], neverSeen }: Restoration): Html => {
  const item = (mark: Html, text: string) => html`<span>${mark}${text}</span>`
  const dot = html`<i style="width:.4rem;height:.4rem;border-radius:50%;background:var(--ink)"></i>`
  const bands = draws.shape[0] > 1
  return html`<div class="key">${bands && item(swatch(seriesColors[0], 0.56), 'central 50 % of the draws')}${
    bands && item(swatch(seriesColors[0], 0.28), 'central 90 %')
  }${item(swatch(seriesColors[0], 1, '.14rem'), 'mean')}${others.map(({ name }) =>
    item(swatch(seriesColors[2], 1, '.14rem'), name),
  )}${truth && item(swatch(seriesColors[1], 1, '.14rem'), 'truth')}${item(
    dot,
    mask ? 'seen' : 'observation',
  )}${neverSeen && item(swatch(cssColor(neverSeenColor), 1, '.25rem'), 'in no observation')}</div>`
}

export const seriesLook: ViewLook<'signal'> = (given) => {
  const signals = asSignals(given)
  const { restoration, label } = byChannel(signals)
  const { y, mask, draws, valid, neverSeen, mean } = restoration
  const [count, channels] = signals.mean.shape
  const items = shownItems(count, channels, MOST)
  const domain = valid ? rowOf(valid, 0) : undefined
  const length = mean.shape[mean.shape.length - 1]
  const chartOf = (item: number): Html =>
    fanChart({
      title: `observation ${label(item)}`,
      x: length <= FEW ? 'entry' : 'index',
      apart: length <= FEW,
      bands: bandsOf(draws, item, domain),
      curves: curvesOf(restoration, item, domain),
      points: rowOf(y, item, domain, mask && rowOf(mask, item)),
      ...(neverSeen ? { marked: rowOf(neverSeen, 0) } : {}),
    })
  const few =
    draws.shape[0] > 1 &&
    draws.shape[0] < ENOUGH &&
    html`<p>${draws.shape[0]} draws: the 90 % band is no wider than these; ${ENOUGH} resolve it.</p>`
  return {
    things: channels === 1 && length <= FEW ? 'vectors' : 'series',
    body: html`${keyOf(restoration)}${few}<div class="fans">${items.map((i) => chartOf(i))}</div>`,
  }
}
