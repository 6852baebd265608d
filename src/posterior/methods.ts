/**
 * Every posterior method. Command lines, comparisons and contracts know the methods from this list alone: a
 * new one is a file with its entry, and a line here.
 */
import { ddnmEntry } from './ddnm.ts'
import { diffpirEntry } from './diffpir.ts'
import { dpsEntry } from './dps.ts'
import { mcgEntry } from './mcg.ts'
import type { MethodEntry } from './method-entry.ts'
import { mmpsEntry } from './mmps.ts'
import { noise2scoreEntry } from './noise2score.ts'
import { pigdmEntry } from './pigdm.ts'
import { redDiffEntry } from './red-diff.ts'
import { repaintEntry } from './repaint.ts'
import { smcMmpsEntry } from './smc/smc-mmps.ts'
import { tdsEntry } from './smc/tds.ts'
import { tmpdEntry } from './tmpd.ts'

/** All methods, in the order of help and tables. */
export const methods: readonly MethodEntry[] = [
  mmpsEntry,
  dpsEntry,
  pigdmEntry,
  tmpdEntry,
  diffpirEntry,
  mcgEntry,
  ddnmEntry,
  repaintEntry,
  noise2scoreEntry,
  redDiffEntry,
  tdsEntry,
  smcMmpsEntry,
]
