/**
 * Reduced experiments say beside each value what the one at the scale of the paper has,
 * `steps: 1500 # paper: 65536 (÷ 43.7)`, and on a line of its own what only that one has,
 * `# paper: dropout: 0.1`. So a reduced file that is read with the values of its comments is the other one.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'

const folder = join(import.meta.dirname, '../../experiments')
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.yaml'))
  .sort()

const read = (file: string): string => readFileSync(join(folder, file), 'utf8')

/** The file at the scale of the paper, as a reduced one names it. */
const paperOf = (file: string): string | undefined =>
  /^# After "paper:" stands the value of (\S+\.yaml), which/m.exec(read(file))?.[1]

const reduced = files.flatMap((file) => {
  const paper = paperOf(file)
  return paper === undefined ? [] : [{ file, paper: join(dirname(file), paper) }]
})

/** `key: value # paper: other`, with its indentation. */
const ANNOTATED = /^( *)(\w+):(.*?) # paper: (.*)$/
/** `# paper: key: value`. */
const MISSING = /^( *)# paper: (\w+: .*)$/
const RATIO = / \(÷ ([\d.]+)\)$/

const indentOf = (line: string): number => line.search(/\S|$/)

/** The text of a reduced file with the paper's values in the place of its own. */
const asInPaper = (text: string): string => {
  let dropped = Number.POSITIVE_INFINITY // lines indented deeper belong to a value that was replaced
  return text
    .split('\n')
    .flatMap((line) => {
      if (indentOf(line) > dropped) return []
      dropped = Number.POSITIVE_INFINITY
      const [, before, added] = MISSING.exec(line) ?? []
      if (added !== undefined) return [`${before}${added}`]
      const [, indent, key, , value] = ANNOTATED.exec(line) ?? []
      if (value === undefined) return [line]
      dropped = indent.length
      return value === 'none' ? [] : [`${indent}${key}: ${value.replace(RATIO, '')}`]
    })
    .join('\n')
}

const tree = z.record(z.string(), z.json())

/**
 * A configuration without what says nothing about the experiment: how many draws are made at once, the parts
 * of a batch, and what is watched.
 */
const compared = (text: string) => {
  const { monitor: _, em = {}, train = {}, ...rest } = tree.parse(parse(text))
  const { batch: __, ...laps } = tree.parse(em)
  const { microBatch: ___, ...training } = tree.parse(train)
  return { ...rest, em: laps, train: training }
}

describe('reduced experiments', () => {
  it('are all that have a companion at the scale of the paper', () => {
    const companions = files.filter(
      (file) =>
        file.endsWith('-laptop.yaml') || existsSync(join(folder, file.replace('.yaml', '-paper.yaml'))),
    )
    const named = reduced.map(({ file }) => file)
    expect(companions.filter((file) => !named.includes(file))).toEqual([])
    expect(named.length).toBeGreaterThan(10)
  })

  it.each(reduced)('$file says each value of $paper', ({ file, paper }) => {
    expect(compared(asInPaper(read(file)))).toEqual(compared(read(paper)))
  })

  it.each(reduced)('$file says by how much its counts are smaller', ({ file }) => {
    for (const line of read(file).split('\n')) {
      const [, , , own, value] = ANNOTATED.exec(line) ?? []
      if (value === undefined) continue
      const [mine, theirs] = [own, value.replace(RATIO, '')].map(Number)
      const isSmaller = Number.isInteger(mine) && Number.isInteger(theirs) && mine > 0 && mine < theirs
      const said = RATIO.exec(value)?.[1]
      expect(said, line.trim()).toBe(isSmaller ? String(Number((theirs / mine).toPrecision(3))) : undefined)
    }
  })
})
