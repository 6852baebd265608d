/**
 * The two kinds of source of clean data: sets with a name, and layouts of files. Each is one file, and one
 * line in `clean.ts`.
 */
import { TweedieError } from '../error.ts'
import type { View } from '../observations/index.ts'
import type { DataRange } from '../operators/index.ts'
import { type NdArray, rows, type Shape } from '../tensor/index.ts'
import type { Items } from './joined-items.ts'

/** Clean data and their units. */
export interface CleanData {
  /** [N, …event]; images are [N, C, H, W]. */
  readonly x: NdArray<'float32'>
  readonly range: DataRange
  readonly view: View
  /**
   * [V] of points, [H, W] of fields: 1 where there is a point, 0 for padding and land, which are neither
   * observed nor judged.
   */
  readonly valid?: NdArray<'float32'>
}

/** Clean data whose items are read when they are asked for. */
export interface CleanSource extends Omit<CleanData, 'x'> {
  /** [N, …event]. */
  readonly shape: Shape
  /** Items `from … to − 1`. @throws TweedieError `input` for damaged ones, `io` when the system refuses */
  readonly rows: (from: number, to: number) => NdArray<'float32'>
  /** Closes what is open; without it, nothing is, or it is open until the process ends. */
  readonly close?: () => void
  /** Whether all items are in memory; default false. */
  readonly held?: boolean
}

/** Clean data in memory as a source. */
export const cleanSource = ({ x, ...rest }: CleanData): CleanSource => ({
  ...rest,
  shape: x.shape,
  rows: (from, to) => rows(x, from, to),
  held: true,
})

/** All items of a source, in memory; it is closed. */
export const wholeClean = ({ shape, rows, close, held: _, ...rest }: CleanSource): CleanData => {
  try {
    return { ...rest, x: rows(0, shape[0]) }
  } finally {
    close?.()
  }
}

/** The same source with each item seen otherwise. @param change - [n, ...event] to [n, ...other] */
export const viewedItems = (
  source: CleanSource,
  change: (x: NdArray<'float32'>) => NdArray<'float32'>,
): CleanSource => ({
  ...source,
  shape: [source.shape[0], ...change(source.rows(0, 0)).shape.slice(1)],
  rows: (from, to) => change(source.rows(from, to)),
})

/** Part of data that come in parts. */
export type Split = 'train' | 'val' | 'test' | 'all'

/** Data that ship with the package, or are made by it. */
export interface DataSet {
  readonly name: string
  /** One line for lists. */
  readonly summary: string
  read(split: Split): CleanData
}

/** Files or folders of one form. */
export interface SourceLayout {
  /** One line on the data, for the table of the help. */
  readonly form: string
  readonly summary: string
  /** Whether a path, which exists, is of this form. */
  matches(path: string): boolean
  /**
   * Its items, where they lie if that can be.
   *
   * @param most - how many items are needed: reading may stop there, or give more
   */
  open(path: string, split: Split, most?: number): CleanSource | Promise<CleanSource>
}

/** Units of images. */
export const UNIT: DataRange = [0, 1]

/** Images, or signals of which nothing is known, in [0, 1]. */
export const unitData = (x: NdArray<'float32'>): CleanData => ({ x, ...unitsOfShape(x.shape) })

const unitsOfShape = ({ length }: Shape): Pick<CleanData, 'range' | 'view'> => ({
  range: UNIT,
  view: { kind: length === 4 ? 'image' : 'signal' },
})

/** As {@link unitData}, of items that are read when they are asked for. */
export const unitSource = (
  { count, rows }: Items,
  event: Shape,
  close?: CleanSource['close'],
): CleanSource => {
  const shape = [count, ...event]
  return { shape, rows, ...(close ? { close } : {}), ...unitsOfShape(shape) }
}

/** For data without validation items. @throws TweedieError `input` when they are asked for */
export const withoutVal = (source: string, split: Split): Exclude<Split, 'val'> => {
  if (split !== 'val') return split
  throw new TweedieError(
    'input',
    `${source}: has no validation part; give validation images as a file or folder`,
  )
}
