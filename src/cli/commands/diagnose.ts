/** `tweedie diagnose`: what is calibrated in posterior draws, and what is not. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Diagnosis, type Finding, type Lc2st, lc2st } from '../../diagnose/index.ts'
import { TweedieError } from '../../error.ts'
import { plainView } from '../../observations/index.ts'
import { diagnosisReport, reconciled, summaryOf, writeReport } from '../../report/index.ts'
import { isRunFolder, layoutOf } from '../../run/index.ts'
import type { NdArray } from '../../tensor/index.ts'
import type { OptionsOf } from '../commands.ts'
import type { Io } from '../io.ts'
import { matched, readDraws, readGiven, readLogDensity, readTruth } from '../restored/foreign-draws.ts'
import { judgedDraws, observationsFor } from '../restored/judged.ts'
import { type OfProblems, withoutLost } from '../restored/lost-draws.ts'
import { referenceDraws } from '../restored/reference.ts'
import { readRepairedIntervals, repairedNote } from '../restored/repair.ts'

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
        pitStandardErrors: Array.from(truth.pit.standardErrors),
        ranks: {
          draws: truth.ranks.draws,
          quantities: Object.fromEntries(
            truth.names.map((name, i) => [name, Array.from(truth.ranks.quantities[i].ranks)]),
          ),
          tarp: Array.from(truth.points.quantities[0].ranks),
          ...(truth.density ? { hpd: Array.from(truth.density.quantities[0].ranks) } : {}),
        },
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

/** The draws, and all that the options and the file say of their problems. */
const problemsOf = async (file: string, options: Options): Promise<OfProblems> => {
  const read = readDraws(file)
  const { draws, truth } =
    options.truth === undefined
      ? { draws: read, truth: undefined }
      : matched(read, await readTruth(options.truth, Math.min(...read.shape.slice(0, 2))), options.truth)
  const set = options.observations === undefined ? undefined : observationsFor(options.observations, draws)
  const [k, n] = draws.shape
  const given = options.given === undefined ? set?.y : readGiven(options.given, n)
  const logDensity = truth && readLogDensity(file, [k, n])
  return { draws, truth, set, given, logDensity, repaired: readRepairedIntervals(file, draws.shape.slice(1)) }
}

export const run = async ([source]: readonly string[], options: Options, io: Io): Promise<void> => {
  const file = drawsFile(source)
  const output = outputOf(source, file, options.output)
  if (options.observations === undefined && options.truth === undefined) {
    throw new TweedieError('input', `${file}: give --observations, --truth or both to judge the draws by`)
  }
  const problems = await problemsOf(file, options)
  const { draws, truth, set, given, logDensity, repaired } = withoutLost(problems, file, io)
  const [k] = draws.shape
  const classifier = await classified({ draws, truth, given }, options, io)
  const reference = await referenceDraws(set, k, options, io)
  const found = await judgedDraws({
    draws,
    ...(truth ? { truth } : {}),
    ...(set ? { set } : {}),
    ...(given ? { given } : {}),
    ...(logDensity ? { logDensity } : {}),
    ...(repaired ? { repaired: repaired.intervals } : {}),
    ...(classifier ? { classifier } : {}),
    ...(reference ? { reference } : {}),
  })
  const sources = [
    ...(options.observations === undefined ? [] : [`--observations ${options.observations}`]),
    ...(options.truth === undefined ? [] : [`--truth ${options.truth}`]),
    ...(options.given === undefined ? [] : [`--given ${options.given}`]),
    ...(options.classifier ? ['--classifier'] : []),
    ...(reference ? [`--prior ${options.prior} --reference ${reference.name}`] : []),
  ]
  const image = set ? (set.view ?? plainView(set.operator.event)).kind === 'image' : draws.shape.length === 5
  const advice = reconciled(found, { image })
  const page = diagnosisReport({
    title: `Diagnosis of ${source}`,
    command: ['tweedie diagnose', source, ...sources].join(' '),
    facts: [
      ['problems', `${found.problems}`],
      ['draws of each', `${found.draws}`],
      ...(repaired ? [['repaired', repaired.factors] as const] : []),
    ],
    ...(repaired ? { note: repairedNote(repaired) } : {}),
    ...(advice === undefined ? {} : { reconciled: advice }),
    ...(set?.y.shape.length === 3 ? { axes: ['along the index', 'between channels'] as const } : {}),
    diagnosis: found,
  })
  writeReport(output, page)
  const first = repaired ? [repairedNote(repaired), ''] : []
  const last = [summaryOf(found), ...(advice === undefined ? [] : [advice]), `written  ${output}`]
  io.result([...first, ...found.findings.map(line), '', ...last].join('\n'), {
    path: output,
    summary: summaryOf(found),
    ...(advice === undefined ? {} : { reconciled: advice }),
    problems: found.problems,
    draws: found.draws,
    findings: found.findings.map((f) => ({ ...f })),
    ...(repaired ? { repaired: repaired.factors } : {}),
    ...figuresOf(found),
    ...(classifier ? { classifier: { pValue: classifier.pValue, local: Array.from(classifier.local) } } : {}),
  })
}
