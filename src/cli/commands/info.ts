import { existsSync, readdirSync, statSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import { stringify } from 'yaml'
import { TweedieError } from '../../error.ts'
import { type Arrays, isAddress, isThere, isZarr, openArrays, readSafetensors } from '../../formats/index.ts'
import { type JsonRecord, parseJson } from '../../json.ts'
import { isRunFolder, type JournalLine, layoutOf, readConfig, readJournal } from '../../run/index.ts'
import type { OptionsOf } from '../commands.ts'
import { type ArrayDescription, describeArray } from '../describe-array.ts'
import { type DataFacts, describeDraws, describeSet } from '../describe-data.ts'
import type { Io } from '../io.ts'
import { formatSeconds } from '../progress-bar.ts'
import { eventWords, type RunProgress, runProgress } from '../run-progress.ts'
import { formatFields, formatTable } from '../table.ts'

/** `tweedie info <path>`: what a run folder or a file of arrays holds. */
export const run = async ([path]: readonly string[], _options: OptionsOf<'info'>, io: Io): Promise<void> => {
  if (!isThere(path)) throw new TweedieError('input', `${path}: no such file or folder`)
  if (!isZarr(path) && !isAddress(path) && statSync(path).isDirectory()) {
    const info = describeRun(path)
    io.result(runText(info), info)
  } else {
    const info = describeFile(path)
    io.result(fileText(info), info)
  }
}

/** The kind of a file of arrays, from the names in it. */
type FileKind = 'checkpoint' | 'observations' | 'arrays'

type FileInfo = {
  readonly path: string
  readonly kind: FileKind
  readonly bytes: number
  readonly arrays: readonly ArrayDescription[]
  readonly metadata: JsonRecord
  /** What an observation set or draws are of. */
  readonly data: DataFacts
}

const readOpened = (path: string) => {
  const { fields, whole, metadata, close } = openArrays(path)
  try {
    return { arrays: Object.fromEntries(Object.keys(fields).map((name) => [name, whole(name)])), metadata }
  } finally {
    close()
  }
}

/** Bytes of arrays in memory: those of a Zarr array on its disk are not looked for. */
const heldBytes = (arrays: Arrays): number =>
  Object.values(arrays).reduce((sum, { data }) => sum + data.byteLength, 0)

const describeFile = (path: string): FileInfo => {
  const isSafetensors = extname(path).toLowerCase() === '.safetensors'
  const { arrays, metadata } = isSafetensors ? readSafetensors(path) : readOpened(path)
  const shown = Object.fromEntries(
    Object.entries(metadata).map(([key, text]) => [
      key,
      key === 'state' ? parseJson(text, `${path} state`) : text,
    ]),
  )
  const kind = kindOf(Object.keys(arrays), shown)
  return {
    path,
    kind,
    bytes: isZarr(path) ? heldBytes(arrays) : statSync(path).size,
    arrays: Object.entries(arrays).map(([name, array]) => describeArray(name, array)),
    metadata: { ...shown, ...operatorText(arrays) },
    data: kind === 'observations' ? describeSet(arrays, path) : describeDraws(arrays),
  }
}

/** The operator of an observation set: JSON, one byte for each element. */
const operatorText = ({ operator }: Arrays): JsonRecord =>
  operator?.data instanceof Uint8Array
    ? { operator: new TextDecoder().decode(operator.data).replace(/\p{Cc}/gu, ' ') }
    : {}

const kindOf = (names: readonly string[], metadata: JsonRecord): FileKind => {
  if (metadata.format === 'tweedie-checkpoint') return 'checkpoint'
  return names.includes('y') && names.length > 1 ? 'observations' : 'arrays'
}

type RunInfo = {
  readonly path: string
  readonly kind: 'run'
  readonly config: JsonRecord
  readonly checkpoints: readonly string[]
  readonly draws: readonly string[]
  readonly figures: readonly string[]
  readonly report: boolean
  readonly progress: RunProgress
  readonly events: Readonly<Record<string, number>>
  readonly seconds: number
  readonly last: JsonRecord | null
}

const describeRun = (path: string): RunInfo => {
  if (!isRunFolder(path))
    throw new TweedieError('input', `${path}: a folder, but not a run (no run.json in it)`)
  const paths = layoutOf(path)
  const journal = readJournal(paths.journal)
  return {
    path,
    kind: 'run',
    config: readConfig(path),
    checkpoints: listing(paths.checkpoints),
    draws: listing(paths.draws),
    figures: listing(paths.figures),
    report: existsSync(paths.report),
    progress: runProgress(path),
    events: countEvents(journal),
    seconds: journal.at(-1)?.seconds ?? 0,
    last: journal.at(-1) ?? null,
  }
}

const listing = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => !name.endsWith('.tmp'))
        .sort()
    : []

const countEvents = (journal: readonly JournalLine[]): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const { event } of journal) counts[event] = (counts[event] ?? 0) + 1
  return counts
}

const titles: Readonly<Record<FileKind, string>> = {
  checkpoint: 'checkpoint',
  observations: 'observation set',
  arrays: 'arrays',
}

/** Four significant digits. */
const figure = (value: number | null): string => (value === null ? '–' : String(Number(value.toPrecision(4))))

const fileText = ({ path, kind, bytes, arrays, metadata, data }: FileInfo): string => {
  const rows = arrays.map(({ name, dtype, shape, min, max, mean, notFinite }) => [
    name,
    dtype,
    `[${shape.join(', ')}]`,
    ...[min, max, mean].map(figure),
    notFinite === 0 ? '' : `${notFinite} not finite`,
  ])
  const total = arrays.reduce((sum, { shape }) => sum + shape.reduce((n, d) => n * d, 1), 0)
  const fields = [...Object.entries(data), ...Object.entries(metadata)].map(
    ([key, value]) => [key, oneLine(value)] as const,
  )
  return [
    `${basename(path)}: ${titles[kind]}, ${arrays.length} arrays, ${total} numbers, ${formatBytes(bytes)}`,
    ...(fields.length === 0 ? [] : ['', formatFields(fields)]),
    '',
    formatTable(['name', 'dtype', 'shape', 'min', 'max', 'mean', ''], rows),
  ].join('\n')
}

const oneLine = (value: unknown): string => {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length <= 200 ? text : `${text.slice(0, 197)}...`
}

const formatBytes = (bytes: number): string => {
  const units = ['B', 'kB', 'MB', 'GB']
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)))
  return `${figure(bytes / 1000 ** power)} ${units[power]}`
}

const runText = (info: RunInfo): string => {
  const list = (names: readonly string[]): string => (names.length === 0 ? 'none' : names.join(', '))
  const fields = [
    ['state', info.progress.words],
    ['worked', formatSeconds(info.seconds)],
    ['journal', eventWords(readJournal(layoutOf(info.path).journal))],
    ['last event', info.last === null ? 'none' : oneLine(info.last)],
    ['checkpoints', list(info.checkpoints)],
    ['draws', list(info.draws)],
    ['figures', list(info.figures)],
    ['report', info.report ? join(info.path, 'report.html') : 'none'],
  ] as const
  return [
    `${info.path}: run`,
    '',
    formatFields(fields),
    '',
    'configuration',
    indent(stringify(info.config)),
  ].join('\n')
}

const indent = (text: string): string => text.trimEnd().replace(/^/gm, '  ')
