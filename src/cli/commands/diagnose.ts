/** `tweedie diagnose`: what is calibrated in posterior draws, and what is not. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Diagnosis, type Finding, type Lc2st, lc2st } from '../../diagnose/index.ts'
import { TweedieError } from '../../error.ts'
import { plainView } from '../../observations/index.ts'
import { diagnosisReport, reconciled, summaryOf, writeReport } from '../../report/index.ts'
import { isRunFolder, layoutOf } from '../../run/index.ts'
import type { OptionsOf } from '../commands.ts'
import type { Io } from '../io.ts'
import { matched, openDraws, openGiven, openLogDensity, openTruth } from '../restored/foreign-draws.ts'
import { judgedProblems, observationsFor } from '../restored/judged.ts'
import {
  allProblems,
  type ProblemSource,
  shareOfProblems,
  soundProblems,
} from '../restored/problem-source.ts'
import { referenceDraws } from '../restored/reference.ts'
import { openRepairedIntervals, repairedNote } from '../restored/repair.ts'

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

/** Bytes of draws that the classifier is shown; it holds them in several copies. */
const CLASSIFIED_BYTES = 2 ** 28

/** LC2ST, when it is asked for. */
const classified = async (
  source: ProblemSource,
  { classifier, seed }: Options,
  io: Io,
): Promise<(Lc2st & { readonly problems: number }) | undefined> => {
  if (!classifier) return undefined
  if (!source.truth || !(source.given ?? source.set))
    throw new TweedieError('input', '--classifier: needs --truth, and --given or --observations')
  const [shown, all] = [shareOfProblems(source, CLASSIFIED_BYTES), source.shape[1]]
  const [, problems] = shown.shape
  if (problems < all) io.note(`--classifier: is shown ${problems} of ${all} problems, evenly spaced`)
  const { draws, truth, given } = await allProblems(shown)
  if (!truth || !given) throw new Error('problems have what their source has')
  const onProgress = (done: number, total: number) => io.progress({ phase: 'classifying', done, total })
  const found = await lc2st(draws, truth, given, { seed, onProgress, signal: io.signal })
  return { ...found, problems }
}

/** The draws, and all that the options and the file say of their problems. */
const problemsOf = async (file: string, options: Options, io: Io): Promise<ProblemSource> => {
  const stored = openDraws(file)
  const { draws, truth } =
    options.truth === undefined
      ? { draws: { shape: stored.shape, draws: stored.columns }, truth: undefined }
      : matched(stored, await openTruth(options.truth, Math.min(...stored.shape.slice(0, 2))), options.truth)
  const { shape } = draws
  const set = options.observations === undefined ? undefined : observationsFor(options.observations, shape)
  const [k, n] = shape
  const given = options.given === undefined ? undefined : openGiven(options.given, n)
  const logDensity = truth && openLogDensity(file, [k, n])
  const repaired = openRepairedIntervals(file, shape.slice(1))
  const files = { draws, truth, set, given, logDensity, repaired }
  return soundProblems(files, file, io)
}

export const run = async ([source]: readonly string[], options: Options, io: Io): Promise<void> => {
  const file = drawsFile(source)
  const output = outputOf(source, file, options.output)
  if (options.observations === undefined && options.truth === undefined) {
    throw new TweedieError('input', `${file}: give --observations, --truth or both to judge the draws by`)
  }
  const problems = await problemsOf(file, options, io)
  const { set, repaired, shape } = problems
  const classifier = await classified(problems, options, io)
  const reference = await referenceDraws(problems, options, io)
  const found = await judgedProblems(problems, {
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
  const image = set ? (set.view ?? plainView(set.operator.event)).kind === 'image' : shape.length === 5
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
    ...(classifier
      ? {
          classifier: {
            pValue: classifier.pValue,
            problems: classifier.problems,
            local: Array.from(classifier.local),
          },
        }
      : {}),
  })
}
