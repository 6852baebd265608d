/** `tweedie diagnose`: what is calibrated in posterior draws, and what is not. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import {
  type Diagnosis,
  diagnosis,
  type Finding,
  GREY_LEVEL,
  type Lc2st,
  lc2st,
  type Residuals,
} from '../../diagnose/index.ts'
import { TweedieError } from '../../error.ts'
import {
  filledOutsideOf,
  judgedEntries,
  type ObservationSet,
  readObservations,
  residualProgram,
  residualsOfDraws,
} from '../../observations/index.ts'
import { diagnosisReport, summaryOf, writeReport } from '../../report/index.ts'
import { isRunFolder, layoutOf } from '../../run/index.ts'
import type { NdArray, Shape } from '../../tensor/index.ts'
import type { OptionsOf } from '../commands.ts'
import { firstOf } from '../config/loading.ts'
import type { Io } from '../io.ts'
import { matched, readDraws, readGiven, readLogDensity, readTruth } from './foreign-draws.ts'
import { referenceDraws } from './reference.ts'
import { readRepairedIntervals, repairedNote } from './repair.ts'

type Options = OptionsOf<'diagnose'>

/** The file of draws that a run folder, or a path to the file itself, names. */
export const drawsFile = (source: string): string => {
  if (!isRunFolder(source)) return source
  const path = join(layoutOf(source).draws, 'posterior.npz')
  if (existsSync(path)) return path
  throw new TweedieError(
    'input',
    `${path}: no posterior draws in this run yet; make them with 'tweedie sample'`,
  )
}

/** The observations of the draws, as many as there are of these. */
export const observationsFor = (file: string, draws: NdArray): ObservationSet => {
  const [, n, ...event] = draws.shape
  const set = readObservations(file)
  const observed = set.operator.event
  if (set.y.shape[0] < n || observed.join() !== event.join()) {
    throw new TweedieError(
      'input',
      `${file}: has ${set.y.shape[0]} observations of signals [${observed}], ` +
        `the draws are of ${n} × [${event}]`,
    )
  }
  return firstOf(set, n)
}

/** Residuals of draws, and of the truth, in units of the noise. */
export const residualsOf = async (
  set: ObservationSet,
  draws: NdArray<'float32'>,
  truth: NdArray<'float32'> | undefined,
): Promise<Residuals> => {
  const program = residualProgram(set)
  try {
    const observed = await program.observed()
    return {
      draws: await residualsOfDraws(program, draws, set.y.shape),
      ...(truth ? { truth: await program.of(truth) } : {}),
      ...(observed ? { observed } : {}),
    }
  } finally {
    await program.release()
  }
}

/** Grey levels of images in [0, 1] are the finest difference that means something. */
const unitsOf = (set: ObservationSet | undefined, event: Shape) => {
  const images = event.length === 3 && set !== undefined && set.range[0] === 0 && set.range[1] === 1
  return images ? ({ range: [0, 1], resolution: GREY_LEVEL } as const) : {}
}

const outputOf = (source: string, path: string, output: string | undefined): string => {
  if (output !== undefined) return output
  if (isRunFolder(source)) return join(source, 'diagnosis.html')
  return `${path.replace(/\.[^./]*$/, '')}-diagnosis.html`
}

/** A fault stands out in capitals. */
const line = ({ name, verdict, words }: Finding): string => {
  const shown = verdict === 'miscalibrated' ? verdict.toUpperCase() : verdict
  return `${shown.padEnd('miscalibrated'.length)}  ${name}: ${words}`
}

/** The figures without the functions that only charts need. */
const figuresOf = ({ residuals, truth, reference }: Diagnosis) => ({
  ...(reference ? { reference: { ...reference, each: Array.from(reference.each) } } : {}),
  ...(residuals
    ? {
        residuals: {
          ratio: residuals.ratio,
          standardError: residuals.standardError,
          chiSquare: residuals.chiSquare,
          pValue: residuals.pValue,
          autocorrelation: residuals.autocorrelation.map((a) => ({ ...a })),
        },
      }
    : {}),
  ...(truth
    ? {
        coverage: truth.coverage.map((c) => ({ ...c })),
        ...(truth.repaired ? { repairedCoverage: truth.repaired.map((c) => ({ ...c })) } : {}),
        balls: truth.balls.map((b) => ({ ...b })),
        spreadSkill: truth.spread ? { ...truth.spread } : null,
        sbc: Object.fromEntries(truth.names.map((name, i) => [name, truth.ranks.quantities[i].pValue])),
        tarp: truth.points.pValue,
        pit: Array.from(truth.pit.shares),
        cells: { ...truth.cells },
        ...(truth.density ? { hpd: truth.density.pValue } : {}),
        crps: truth.crps,
        energyScore: truth.energyScore,
      }
    : {}),
})

/** LC2ST, when it is asked for. */
const classified = async (
  { draws, truth, given }: { draws: NdArray; truth?: NdArray; given?: NdArray },
  { classifier, seed }: Options,
  io: Io,
): Promise<Lc2st | undefined> => {
  if (!classifier) return undefined
  if (!truth || !given)
    throw new TweedieError('input', '--classifier: needs --truth, and --given or --observations')
  const onProgress = (done: number, total: number) => io.progress({ phase: 'classifying', done, total })
  return lc2st(draws, truth, given, { seed, onProgress, signal: io.signal })
}

export const run = async ([source]: readonly string[], options: Options, io: Io): Promise<void> => {
  const file = drawsFile(source)
  const output = outputOf(source, file, options.output)
  if (options.observations === undefined && options.truth === undefined) {
    throw new TweedieError('input', `${file}: give --observations, --truth or both to judge the draws by`)
  }
  const read = readDraws(file)
  const paired =
    options.truth === undefined
      ? { draws: read, truth: undefined }
      : matched(read, await readTruth(options.truth, Math.min(...read.shape.slice(0, 2))), options.truth)
  const set =
    options.observations === undefined ? undefined : observationsFor(options.observations, paired.draws)
  const counted = <X extends NdArray<'float32'> | undefined>(x: X) => (set && x ? filledOutsideOf(set, x) : x)
  const [draws, truth] = [counted(paired.draws), counted(paired.truth)]
  const hidden = set && judgedEntries(set)
  const [k, n] = draws.shape
  const given = options.given === undefined ? set?.y : readGiven(options.given, n)
  const logDensity = truth && readLogDensity(file, [k, n])
  const repaired = readRepairedIntervals(file, draws.shape.slice(1))
  const classifier = await classified({ draws, truth, given }, options, io)
  const reference = await referenceDraws(set, k, options, io)
  const found = diagnosis({
    draws,
    ...(truth ? { truth } : {}),
    ...(set ? { residuals: await residualsOf(set, draws, truth) } : {}),
    ...(hidden ? { entries: hidden } : {}),
    ...(given ? { given } : {}),
    ...(logDensity ? { logDensity } : {}),
    ...(repaired ? { repaired: repaired.intervals } : {}),
    ...(classifier ? { classifier } : {}),
    ...(reference ? { reference } : {}),
    ...unitsOf(set, draws.shape.slice(2)),
  })
  const sources = [
    ...(options.observations === undefined ? [] : [`--observations ${options.observations}`]),
    ...(options.truth === undefined ? [] : [`--truth ${options.truth}`]),
    ...(options.given === undefined ? [] : [`--given ${options.given}`]),
    ...(options.classifier ? ['--classifier'] : []),
    ...(reference ? [`--prior ${options.prior} --reference ${reference.name}`] : []),
  ]
  const page = diagnosisReport({
    title: `Diagnosis of ${source}`,
    command: ['tweedie diagnose', source, ...sources].join(' '),
    facts: [
      ['problems', `${found.problems}`],
      ['draws of each', `${found.draws}`],
      ...(repaired ? [['repaired', repaired.factors] as const] : []),
    ],
    ...(repaired ? { note: repairedNote(repaired) } : {}),
    diagnosis: found,
  })
  writeReport(output, page)
  const first = repaired ? [repairedNote(repaired), ''] : []
  io.result([...first, ...found.findings.map(line), '', summaryOf(found), `written  ${output}`].join('\n'), {
    path: output,
    summary: summaryOf(found),
    problems: found.problems,
    draws: found.draws,
    findings: found.findings.map((f) => ({ ...f })),
    ...(repaired ? { repaired: repaired.factors } : {}),
    ...figuresOf(found),
    ...(classifier ? { classifier: { pValue: classifier.pValue, local: Array.from(classifier.local) } } : {}),
  })
}
