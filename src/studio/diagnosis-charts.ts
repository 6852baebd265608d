/** The charts of a diagnosis, drawn from the numbers that `tweedie diagnose --json` has written. */
import { z } from 'zod'
import { rankHistogram } from '../diagnose/index.ts'
import { calibrationChart, type Html, lineChart, rankChart, shareChart } from '../report/index.ts'
import { Refusal } from './refusal.ts'

const figure = z.number().nullable()
const ranks = z.array(z.number()).max(1e6)
const reading = z.looseObject({ level: z.number(), observed: z.number(), standardError: figure })

/** The figures that charts are made of; others are passed on. */
export const diagnosisSchema = z.looseObject({
  summary: z.string().optional(),
  reconciled: z.string().optional(),
  problems: z.number(),
  draws: z.number(),
  findings: z
    .array(z.object({ name: z.string(), verdict: z.string(), words: z.string(), blind: z.string() }))
    .max(100),
  coverage: z
    .array(reading.extend({ resolved: z.boolean() }))
    .max(100)
    .optional(),
  balls: z.array(reading).max(100).optional(),
  spreadSkill: z
    .object({ ratio: figure, standardError: figure, spread: figure, error: figure })
    .nullable()
    .optional(),
  pit: z.array(z.number()).max(1000).optional(),
  pitStandardErrors: z.array(figure).max(1000).optional(),
  ranks: z
    .object({
      draws: z.int().min(1).max(1e6),
      quantities: z.record(z.string(), ranks),
      tarp: ranks,
      hpd: ranks.optional(),
    })
    .optional(),
  residuals: z
    .looseObject({
      ratio: figure,
      standardError: figure,
      autocorrelation: z
        .array(z.looseObject({ axis: z.number(), lag: z.number(), value: figure }))
        .max(10_000),
    })
    .optional(),
})

export type DiagnosisFigures = z.output<typeof diagnosisSchema>

const numberFrom = (value: number | null): number => value ?? Number.NaN

const readings = <R extends { readonly standardError: number | null }>(list: readonly R[]) =>
  list.map((r) => ({ ...r, standardError: numberFrom(r.standardError) }))

/** Charts by name: each is there when its figures are. */
const charts: Readonly<Record<string, (of: DiagnosisFigures) => Html | undefined>> = {
  coverage: ({ coverage, balls = [], draws }) =>
    coverage &&
    calibrationChart([
      {
        name: 'single entries',
        readings: readings(coverage).map((r) => ({ ...r, count: 0, flat: 0 })),
      },
      {
        name: 'as a whole',
        readings: readings(balls).map((r) => ({
          ...r,
          resolved: r.level * (draws + 1) <= draws,
          count: draws,
          flat: 0,
        })),
      },
    ]),
  pit: ({ pit, pitStandardErrors = [] }) =>
    pit &&
    shareChart({
      shares: Float64Array.from(pit),
      standardErrors: Float64Array.from(pit, (_, i) => numberFrom(pitStandardErrors[i] ?? null)),
    }),
  tarp: ({ ranks }) => ranks && rankChart(rankHistogram(ranks.tarp, ranks.draws)),
  hpd: ({ ranks }) => ranks?.hpd && rankChart(rankHistogram(ranks.hpd, ranks.draws)),
  residuals: ({ residuals }) => {
    if (!residuals || residuals.autocorrelation.length === 0) return undefined
    const along = (wanted: number) =>
      residuals.autocorrelation
        .filter(({ axis }) => axis === wanted)
        .flatMap(({ lag, value }): (readonly [number, number])[] => (value === null ? [] : [[lag, value]]))
    const axes = [...new Set(residuals.autocorrelation.map(({ axis }) => axis))].sort()
    return lineChart({
      x: { label: 'entries apart' },
      y: { label: 'correlation of residuals' },
      series: axes.map((axis) => ({
        name: axis === 1 ? 'along rows' : 'along columns',
        points: along(axis),
        dots: true,
      })),
      guides: [{ label: 'white', y: 0 }],
    })
  },
}

/** Names of the charts that the figures allow; `sbc:0` is that of the first quantity. */
export const chartNames = (of: DiagnosisFigures): string[] => [
  ...Object.keys(of.ranks?.quantities ?? {}).map((_, i) => `sbc:${i}`),
  ...Object.keys(charts).filter((name) => charts[name](of) !== undefined),
]

/** A chart by its name. @throws Refusal 404 where there is none */
export const diagnosisChart = (of: DiagnosisFigures, name: string): Html => {
  const quantity = /^sbc:(\d{1,3})$/.exec(name)?.[1]
  const own = quantity === undefined ? undefined : Object.values(of.ranks?.quantities ?? {})[Number(quantity)]
  const chart =
    own && of.ranks
      ? rankChart(rankHistogram(own, of.ranks.draws))
      : Object.hasOwn(charts, name)
        ? charts[name](of)
        : undefined
  if (!chart) throw new Refusal(404, `there is no chart ${JSON.stringify(name)} of these figures`)
  return chart
}
