/**
 * E11: diagnostics have the size and the power that they claim, on x ~ N(0, I), y = x + N(0, I), whose
 * posterior is N(y/2, I/2). Figures are shares of seeds.
 */
import {
  ballCoverage,
  c2st,
  energyDistance,
  mmd,
  residualWhiteness,
  sbc,
  steinDiscrepancy,
  tarp,
} from '../../src/diagnose/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { NdArray } from '../../src/tensor/index.ts'
import { atMost, between, type Gate } from './gate.ts'

/** A share of the seeds that must be at least so large. */
const atLeast = (name: string, value: number, least: number): Gate => between(name, value, least, 1)

/** The fault of a sampler, in units of the standard deviation of the posterior. */
interface Fault {
  readonly sd?: number
  readonly shift?: number
}

const array = (shape: readonly number[], data: Float32Array): NdArray<'float32'> =>
  new NdArray('float32', shape, data)

/** N problems in d dimensions with K draws each. */
const gaussian = (seed: number, n: number, k: number, d: number) => {
  const [x, e] = ['truth', 'noise'].map((name) => normal(stream(seed, name), [n, d]).data)
  const z = normal(stream(seed, 'draws'), [k, n, d]).data
  const mean = x.map((v, i) => (v + e[i]) / 2)
  return {
    truth: array([n, d], x),
    y: x.map((v, i) => v + e[i]),
    drawsOf: ({ sd = 1, shift = 0 }: Fault) => {
      const draws = new Float32Array(z.length)
      for (let i = 0; i < z.length; i++) draws[i] = mean[i % mean.length] + Math.SQRT1_2 * (shift + sd * z[i])
      return array([k, n, d], draws)
    },
  }
}

const faults = {
  'false alarms': {},
  'sd x 0.8': { sd: 0.8 },
  'sd x 1.25': { sd: 1.25 },
  'shift 0.3 sd': { shift: 0.3 },
} satisfies Record<string, Fault>

/** Share of the seeds at which each fault is reported, for tests of the same problems. */
const reported = (
  seeds: number,
  problems: readonly [n: number, k: number, d: number],
  alarm: (draws: NdArray, truth: NdArray) => boolean,
): ((name: keyof typeof faults) => number) => {
  const alarms = new Map<string, number>()
  for (let seed = 0; seed < seeds; seed++) {
    const { truth, drawsOf } = gaussian(seed, ...problems)
    for (const [name, fault] of Object.entries(faults)) {
      if (alarm(drawsOf(fault), truth)) alarms.set(name, (alarms.get(name) ?? 0) + 1)
    }
  }
  return (name: keyof typeof faults) => (alarms.get(name) ?? 0) / seeds
}

const calibrationGates = (): Gate[] => {
  const ranks = reported(100, [1000, 200, 1], (draws, truth) => !sbc(draws, truth).calibrated)
  const points = reported(40, [1000, 100, 1], (draws, truth) => !tarp(draws, truth).calibrated)
  return [
    atMost('E11 SBC 1000 x 200, false alarms', ranks('false alarms'), 0.05),
    ...(['sd x 0.8', 'sd x 1.25', 'shift 0.3 sd'] as const).map((name) =>
      atLeast(`E11 SBC 1000 x 200, power, ${name}`, ranks(name), 0.95),
    ),
    atMost('E11 TARP, false alarms', points('false alarms'), 0.05),
    atLeast('E11 TARP, power, sd x 0.8', points('sd x 0.8'), 0.8),
    atLeast('E11 TARP, power, sd x 1.25', points('sd x 1.25'), 0.8),
    atMost('E11 TARP, nearly blind to a shift of 0.3 sd', points('shift 0.3 sd'), 0.3),
  ]
}

/** A 90 % ball about the mean of 100 draws. */
const coverageGates = (): Gate[] => {
  const { truth, drawsOf } = gaussian(0, 10_000, 100, 5)
  const at90 = (correction: 'ranks' | 'none') =>
    ballCoverage(drawsOf({}), truth, { levels: [0.9], correction })[0].observed
  return [
    between('E11 coverage of a 90 % ball, 100 draws, plain', at90('none'), 0.881, 0.893),
    between('E11 coverage of a 90 % ball, 100 draws, corrected', at90('ranks'), 0.894, 0.906),
  ]
}

/** Residuals y − A x of draws, which need no truth. */
const residualGates = (): Gate[] => {
  const alarms = (fault: Fault) => {
    let count = 0
    for (let seed = 0; seed < 100; seed++) {
      const { y, drawsOf } = gaussian(seed, 100, 1, 30)
      const r = drawsOf(fault).data.map((x, i) => y[i] - x)
      if (!residualWhiteness(array([1, 100, 30], r)).white) count++
    }
    return count / 100
  }
  return [
    atMost('E11 residuals, false alarms', alarms({}), 0.05),
    atLeast('E11 residuals, power, sd x 1.25', alarms({ sd: 1.25 }), 0.95),
  ]
}

const cloud = (
  seed: number,
  name: string,
  n: number,
  { sd = 1, shift = 0 }: Fault = {},
): NdArray<'float32'> =>
  array(
    [n, 2],
    normal(stream(seed, name), [n, 2]).data.map((z) => shift + sd * z),
  )

/** Tests of samples against samples, or against a score, at a level of 5 %. */
const sampleTests: Readonly<Record<string, (seed: number, fault: Fault) => number | Promise<number>>> = {
  MMD: (seed, fault) =>
    mmd(cloud(seed, 'x', 100), cloud(seed, 'y', 100, fault), { permutations: 99, seed }).pValue,
  energy: (seed, fault) =>
    energyDistance(cloud(seed, 'x', 100), cloud(seed, 'y', 100, fault), { permutations: 99, seed }).pValue,
  KSD: (seed, fault) => {
    const x = cloud(seed, 'x', 150, fault)
    const scores = array(
      x.shape,
      x.data.map((v) => -v),
    )
    return steinDiscrepancy(x, scores, { signs: 99, seed }).pValue
  },
  C2ST: async (seed, fault) =>
    (await c2st(cloud(seed, 'x', 200), cloud(seed, 'y', 200, fault), { seed, steps: 60 })).pValue,
}

const sampleGates = async (): Promise<Gate[]> => {
  const gates: Gate[] = []
  for (const [name, pValue] of Object.entries(sampleTests)) {
    const rejected = async (seeds: number, fault: Fault) => {
      let count = 0
      for (let seed = 0; seed < seeds; seed++) if ((await pValue(seed, fault)) <= 0.05) count++
      return count / seeds
    }
    const [seeds, few] = name === 'C2ST' ? [30, 10] : [100, 20]
    // Three standard errors above 5 %.
    const most = 0.05 + 3 * Math.sqrt((0.05 * 0.95) / seeds)
    gates.push(atMost(`E11 ${name}, rejections of equal clouds at 5 %`, await rejected(seeds, {}), most))
    gates.push(atLeast(`E11 ${name}, power, shift 1 sd`, await rejected(few, { shift: 1 }), 0.95))
    gates.push(atLeast(`E11 ${name}, power, sd x 2`, await rejected(few, { sd: 2 }), 0.95))
  }
  return gates
}

/** E11. */
export const diagnostics = async (): Promise<Gate[]> => [
  ...calibrationGates(),
  ...coverageGates(),
  ...residualGates(),
  ...(await sampleGates()),
]
