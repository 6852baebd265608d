/**
 * What version 0.1 wrote is read, and gives the draws that 0.1 made of it: the sets, priors and samplers
 * of test/fixtures-0.1. `expected.json` there lists them with the options of 0.1's commands, which are
 * calls of the library here.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  checkRestorable,
  measurementRow,
  type Restored,
  refine,
  restore,
  weigh,
} from '../src/amortize/index.ts'
import { methodOf, stepOf } from '../src/cli/config/building.ts'
import { loadClean } from '../src/cli/config/loading.ts'
import { samplingSchema } from '../src/cli/config/schema.ts'
import { ddpm, predictorCorrector } from '../src/diffusion/index.ts'
import { readArrays } from '../src/formats/index.ts'
import { type ObservationSet, observationRows, observe, readObservations } from '../src/observations/index.ts'
import { applyAffine, toPrior } from '../src/operators/index.ts'
import {
  type DrawOptions,
  methodNamed,
  methodSpec,
  posteriorDraws,
  priorDraws,
} from '../src/posterior/index.ts'
import { loadPrior, loadSampler } from '../src/run/index.ts'
import type { Settings } from '../src/settings.ts'
import { float32, type NdArray } from '../src/tensor/index.ts'
import { distance } from './numbers.ts'

const folder = join(import.meta.dirname, 'fixtures-0.1')
const at = (file: string): string => join(folder, file)

const sampleOptions = z.strictObject({
  method: z.string().optional(),
  sampler: z.string().default('ddpm'),
  iterations: z.int().default(1),
  solver: z.string().optional(),
  covariance: z.string().default('tweedie'),
})
const restoreOptions = z.strictObject({
  refine: z.enum(['mmps', 'langevin', 'weights']),
  'refine-steps': z.int(),
  prior: z.string(),
})
const expected = z
  .object({
    sets: z.array(
      z.object({
        file: z.string(),
        about: z.string(),
        operator: z.string(),
        settings: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])).default({}),
        range: z.tuple([z.number(), z.number()]),
        noise: z.number(),
        std: z.array(z.int()).optional(),
      }),
    ),
    priors: z.array(
      z.object({ file: z.string(), event: z.array(z.int()), range: z.array(z.number()), laps: z.int() }),
    ),
    samplers: z.array(z.object({ file: z.string(), flow: z.string(), range: z.array(z.number()) })),
    sampled: z.array(
      z.object({
        prior: z.string(),
        set: z.string().optional(),
        output: z.string(),
        cases: z.array(
          z.object({
            array: z.string(),
            options: sampleOptions.prefault({}),
            count: z.int().optional(),
            sensitivity: z.number().default(0),
          }),
        ),
      }),
    ),
    restored: z.array(
      z.object({
        sampler: z.string(),
        set: z.string(),
        output: z.string(),
        arrays: z.record(z.string(), z.string()),
        arguments: z.string().default('-n 2 --seed 3'),
        options: restoreOptions.optional(),
        sensitivity: z.number().default(0),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(at('expected.json'), 'utf8')))

/** Draws of each and the seed of all, as the commands had them. */
const [DRAWS, STEPS, SEED] = [2, 8, 3]

/** `tweedie sample` of 0.1: the step of the sampler, MMPS with its options, or another method by name. */
const drawOptions = (
  { method: name, sampler, iterations, solver, covariance }: z.output<typeof sampleOptions>,
  prior: ReturnType<typeof loadPrior>,
): DrawOptions => {
  const safe = iterations > 1 ? 'gmres' : 'cg'
  const sampling = samplingSchema.parse({
    steps: STEPS,
    step: sampler ?? 'ddpm',
    iterations,
    solver: solver ?? safe,
    covariance,
  })
  const common = { steps: STEPS, step: stepOf(sampling), start: 'plain', draws: DRAWS, seed: SEED } as const
  if (name === undefined) return { ...common, method: methodOf(sampling)(prior.gaussian) }
  // MMPS by name took vectors of GMRES in 0.1, five without its settings, and no preconditioner.
  const full = name === 'mmps' ? 'mmps:iterations=5' : name
  const { method, settings } = methodSpec(full.startsWith('mmps:') ? `${full}:solver=gmres` : full)
  return { ...common, method: methodNamed(method).make(settings) }
}

const firstOf = (set: ObservationSet, count = set.y.shape[0]): ObservationSet =>
  observationRows(set, 0, count)

const arrayOf = (output: string, name: string): NdArray<'float32'> => float32(readArrays(at(output))[name])

/**
 * Draws of 0.1 come out by rounding: MMPS makes one product less than it did then, and machines differ. By
 * rounding draws move as `sensitivity` says: by so much for a change of y by 1e-6 of itself.
 */
const expectDraws = (got: NdArray<'float32'>, want: NdArray<'float32'>, sensitivity = 0): void => {
  const largest = want.data.reduce((most, v) => Math.max(most, Math.abs(v)), 1)
  expect(got.shape).toEqual(want.shape)
  // Of the largest entry: in units of 255 an entry of 1 is as near as one of 250.
  const share = ({ data }: NdArray<'float32'>): Float32Array => data.map((v) => v / largest)
  expect(distance(share(got), share(want))).toBeLessThan(1e-4 + (5 * sensitivity) / largest)
}

const sampledCases = expected.sampled.flatMap(({ cases, ...rest }) =>
  cases.map((one) => ({ ...rest, ...one, set: rest.set ?? 'the prior itself' })),
)

/** Sets that were put in the units of a prior: they are read in those of the data. */
const inPriorUnits = ({ set }: { readonly set: string }): boolean =>
  set.startsWith('sets/units-') && set !== 'sets/units-mask.npz' // which keeps no trace of it

describe('sets of 0.1', () => {
  it.each(expected.sets)('$file: $about', ({ file, operator, settings, range, noise, std }) => {
    const set = readObservations(at(file))
    const [kind, family] = operator.split(' ')
    expect(set.operator).toMatchObject({ name: family ?? kind, settings })
    expect(set.std?.shape).toEqual(std)
    if (inPriorUnits({ set: file })) return
    expect(set.range).toEqual(range)
    expect(set.noise).toBe(noise)
  })

  it('in the units of a prior are those that they were made of', () => {
    for (const [units, plain] of [
      ['units-blur.npz', 'blur.npz'],
      ['units-blind-motion.npz', 'blind-motion.npz'],
      ['units-clip-signed.npz', 'clip-signed.npz'],
      ['units-blur-signed.safetensors', 'blur-signed.npz'],
    ])
      expect(readObservations(at(`sets/${units}`))).toEqual(readObservations(at(`sets/${plain}`)))
  })
})

/** Where photons were counted, 0.1 drew masks from another stream than where they were not. */
const drawnElse = (line: string): boolean => line.includes('--keep') && line.includes('--photons')

const made = readFileSync(at('commands.txt'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('tweedie observe') && !drawnElse(line))

/** Options of `tweedie observe`: --name value, --name=value, and settings name=value. */
const observed = (line: string) => {
  const [source, ...words] = line.split(' ').slice(2)
  const options: Record<string, string> = {}
  const settings: Record<string, Settings[string]> = {}
  for (let i = 0; i < words.length; i++) {
    const [name, value] = words[i].split('=')
    if (!name.startsWith('-'))
      settings[name] = value === 'true' || (Number.isNaN(Number(value)) ? value : Number(value))
    else if (name === '--blind') options[name] = 'true'
    else options[name] = value ?? words[++i]
    if (name === '--keep') settings.keep = Number(options[name])
  }
  return { source, options, settings }
}

describe('observations simulated again', () => {
  it.each(made)('%s', async (line) => {
    const { source, options, settings } = observed(line)
    const [low, high] = (options['--range'] ?? '0,1').split(',').map(Number)
    const { x, range } = await loadClean(at(source), {
      count: Number(options['--count']),
      range: [low, high],
    })
    const set = await observe(x, {
      operator: {
        name: options['--operator'] ?? 'mask',
        settings,
        blind: options['--blind'] !== undefined,
      },
      noise: Number(options['--noise']),
      ...(options['--photons'] ? { photons: Number(options['--photons']) } : {}),
      range,
      seed: 1,
    })
    const file = readObservations(at(options['-o']))
    expect(distance(set.y.data, file.y.data)).toBeLessThan(2e-6)
    expect(set.range).toEqual(file.range)
    expect(Math.abs(set.noise / file.noise - 1)).toBeLessThan(1e-6)
    for (const name of Object.keys(file.operator.parameters))
      expect(distance(set.operator.parameters[name].data, file.operator.parameters[name].data)).toBeLessThan(
        1e-6,
      )
    expect(Object.keys(set.operator.truth ?? {})).toEqual(Object.keys(file.operator.truth ?? {}))
  })
})

describe('priors of 0.1', () => {
  it.each(expected.priors)('$file', ({ file, event, range, laps }) => {
    const prior = loadPrior(at(file))
    expect([prior.event, [...prior.range], prior.laps]).toEqual([event, range, laps])
  })

  // There MCG inverted a blur; its authors do not.
  const isOther = ({ set, array }: { set: string; array: string }): boolean =>
    array === 'mcg' && set === 'sets/blur.npz'

  it.each(sampledCases.filter((one) => !inPriorUnits(one) && !isOther(one)))(
    '$prior, $set: $array',
    async ({ prior: file, set, output, array, options, count, sensitivity }) => {
      const prior = loadPrior(at(file))
      const how = drawOptions(options, prior)
      const draws = set.startsWith('sets/')
        ? await posteriorDraws(prior, firstOf(readObservations(at(set)), count), how)
        : await priorDraws(prior, DRAWS, how)
      expectDraws(draws, arrayOf(output, array), sensitivity)
    },
  )

  // In 0.1 draws of these were in the units of the prior as well; under a prior of data units they
  // were wrong without a word.
  it.each(sampledCases.filter((one) => inPriorUnits(one) && one.prior.includes('digits-units')))(
    '$prior, with the range of the data of $set: $array',
    async ({ prior: file, set: name, output, array, options, count, sensitivity }) => {
      const set = firstOf(readObservations(at(name)), count)
      const prior = { ...loadPrior(at(file)), range: set.range }
      const draws = await posteriorDraws(prior, set, drawOptions(options, prior))
      expectDraws(applyAffine(toPrior(set.range), draws), arrayOf(output, array), sensitivity)
    },
  )
})

describe('samplers of 0.1', () => {
  it.each(expected.samplers)('$file', ({ file, flow, range }) => {
    const sampler = loadSampler(at(file))
    expect([sampler.flow.kind, [...sampler.range]]).toEqual([flow, range])
  })

  it.each(expected.restored)(
    '$sampler, $set: $arrays',
    async ({ sampler: file, set: name, output, arrays, arguments: words, options, sensitivity }) => {
      const sampler = loadSampler(at(file))
      const all: ObservationSet = { ...readObservations(at(name)), range: sampler.range }
      checkRestorable(sampler, all, name)
      const row =
        sampler.measurement === undefined ? undefined : measurementRow(sampler.measurement, all, name)
      const set = row === undefined ? all : observationRows(all, row, row + 1)
      const draws = Number(words.split(' ')[1])
      const restored = await restore(sampler, set, { draws, seed: SEED })
      const found = options ? await refined(set, restored, options) : { ...restored }
      for (const [array, field] of Object.entries(arrays))
        expectDraws(found[field], arrayOf(output, array), sensitivity)
    },
  )
})

/** `tweedie restore --refine` of 0.1. */
const refined = async (
  set: ObservationSet,
  { draws, logq }: Restored,
  { refine: kind, 'refine-steps': steps, prior: file }: z.output<typeof restoreOptions>,
): Promise<Readonly<Record<string, NdArray<'float32'>>>> => {
  if (!draws || !logq) throw new Error('restore keeps draws unless asked not to, and flows know log q')
  const prior = loadPrior(at(file))
  if (kind === 'weights')
    return { ...(await weigh(prior, set, { draws, logq }, { evaluations: steps, seed: SEED })) }
  return {
    draws: await refine(prior, set, draws, {
      step: kind === 'langevin' ? predictorCorrector() : ddpm(),
      steps,
      from: 1,
      seed: SEED,
    }),
  }
}
