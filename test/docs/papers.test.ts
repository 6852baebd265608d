/**
 * docs/PAPERS.md: every equation, table, figure and configuration of the papers has a row, no cell is empty,
 * and the names and commands in the cells exist. Its links are checked with those of all pages
 * (readme.test.ts).
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { commands, commonOptions } from '../../src/cli/commands.ts'
import { loadConfig } from '../../src/cli/config/config.ts'
import { distillSchema } from '../../src/cli/config/distill-schema.ts'
import { experimentSchema } from '../../src/cli/config/schema.ts'

const root = join(import.meta.dirname, '../..')
const read = (file: string): string => readFileSync(join(root, file), 'utf8')
const page = read('docs/PAPERS.md')

const COLUMNS = [
  'in the paper',
  'here',
  'command',
  'scale it ran at',
  'the paper reports',
  'we get',
  'difference',
]

interface Table {
  /** Heading above it, such as "Equations of DiEM". */
  readonly title: string
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

const cellsOf = (line: string): string[] =>
  line
    .slice(1, -1)
    .split('|')
    .map((cell) => cell.trim())

const tables: readonly Table[] = page
  .split(/^### /m)
  .slice(1)
  .map((section) => {
    const lines = section.split('\n').filter((line) => line.startsWith('|'))
    const [head, , ...rows] = lines.map(cellsOf)
    return { title: section.slice(0, section.indexOf('\n')), head, rows }
  })

const rowsOf = (title: string): readonly (readonly string[])[] =>
  tables.find((table) => table.title === title)?.rows ?? []

/** What first cells name by a pattern, sorted. */
const namedIn = (title: string, pattern: RegExp): number[] =>
  rowsOf(title)
    .flatMap(([first]) => {
      const name = pattern.exec(first)?.[0] ?? ''
      return [...name.matchAll(/\d+/g)].map(([number]) => Number(number))
    })
    .sort((a, b) => a - b)

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1)

describe('the rows', () => {
  const parts = ['Equations', 'Algorithms', 'Networks and configurations', 'Tables', 'Figures', 'Experiments']

  it.each(['DiEM', 'APS'])('of %s have all parts and columns, and no cell is empty', (paper) => {
    const own = tables.filter(({ title }) => title.endsWith(` of ${paper}`))
    expect(own.map(({ title }) => title)).toEqual(parts.map((part) => `${part} of ${paper}`))
    for (const { title, head, rows } of own) {
      expect(head).toEqual(COLUMNS)
      expect(rows.length, title).toBeGreaterThan(2)
      for (const row of rows) {
        expect(row, row[0]).toHaveLength(COLUMNS.length)
        for (const cell of row) expect(cell, row[0]).toMatch(/[\p{L}\p{N}]/u)
      }
    }
  })

  it('are of each equation once, in their order', () => {
    const numbered = /^(?:\(\d+\)(?:, )?)+/
    expect(namedIn('Equations of DiEM', numbered)).toEqual(upTo(28))
    expect(namedIn('Equations of APS', numbered)).toEqual(upTo(17))
  })

  it('are of each table and figure that is known', () => {
    expect(new Set(namedIn('Tables of DiEM', /^Table \d+/))).toEqual(new Set(upTo(5)))
    expect(new Set(namedIn('Tables of APS', /^Table \d+/))).toEqual(new Set(upTo(4)))
    expect(namedIn('Figures of DiEM', /^(?:Figures (?:\d+, )+|Figure )\d+/)).toEqual(upTo(19))
    expect(namedIn('Algorithms of DiEM', /^Algorithm \d+/)).toEqual(upTo(4))
  })

  it('are of each configuration at the scale of a paper', () => {
    const configurations = readdirSync(join(root, 'experiments'), { recursive: true, encoding: 'utf8' })
      .filter((file) => /-paper.*\.yaml$/.test(file))
      .map((file) => `../experiments/${file}`)
    expect(configurations.length).toBeGreaterThan(10)
    expect(configurations.filter((file) => !page.includes(`(${file})`))).toEqual([])
  })
})

const rows = tables.flatMap(({ rows }) => rows)

describe('code', () => {
  const links = rows.flatMap(([first, here]) =>
    [...here.matchAll(/\[`([^`]+)`\]\(\.\.\/([^)]+\.ts)\)/g)].map(([, name, file]) => ({
      first,
      name,
      file,
    })),
  )

  it('is there under the names that rows give', () => {
    expect(links.length).toBeGreaterThan(80)
    const strangers = links.filter(
      ({ name, file }) => !new RegExp(`export (?:async )?(?:const|function) ${name}\\b`).test(read(file)),
    )
    expect(strangers).toEqual([])
  })
})

/** Words of a command line, with what single quotes keep together. */
const wordsOf = (line: string): string[] =>
  [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain)

const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

const SCHEMAS = { learn: experimentSchema, train: experimentSchema, distill: distillSchema } as const

/** Fails where the command line would. */
const checkTweedie = ([name, ...args]: readonly string[]): void => {
  const spec = Object.entries(commands).find(([command]) => command === name)?.[1]
  if (!spec) expect.fail(`there is no command '${name}'`)
  const options = Object.keys({ ...spec.options, ...commonOptions }).map((option) => `--${kebab(option)}`)
  for (const arg of args.filter((a) => a.startsWith('--'))) expect(options).toContain(arg)
  const [path] = args.filter((arg) => arg.startsWith('experiments/'))
  if (path === undefined) return
  expect(existsSync(join(root, path)), path).toBe(true)
  const overrides = args.filter((arg) => /^[\w.]+=/.test(arg))
  const schema = name === 'learn' || name === 'train' || name === 'distill' ? SCHEMAS[name] : undefined
  if (schema) expect(() => loadConfig<typeof schema>(schema, join(root, path), overrides)).not.toThrow()
}

/** Names of a list of strings in the sources. */
const listed = (file: string, name: string): boolean =>
  new RegExp(`['"(]${name}['")]|^  ${name}:`, 'm').test(read(file))

const ONLY: Readonly<Record<string, string>> = { exact: 'bench/exact.ts', paper: 'bench/paper/list.ts' }

const checkNpm = (words: readonly string[]): void => {
  const [script, , bench, ...args] = words
  expect(Object.keys(JSON.parse(read('package.json')).scripts)).toContain(script)
  if (script !== 'bench') return
  expect(listed('bench/main.ts', bench), bench).toBe(true)
  const groups = args[args.indexOf('--only') + 1]
  if (args.includes('--only') && bench in ONLY)
    for (const group of groups.split(',')) expect(listed(ONLY[bench], group), group).toBe(true)
}

describe('commands', () => {
  const lines = [...new Set(rows.flat())]
    .flatMap((cell) => [...cell.matchAll(/`((?:npx vitest run|npm run|tweedie) [^`]+)`/g)])
    .map(([, line]) => line)

  it('stand in every row', () => {
    expect(rows.filter(([, , command]) => !/^`(?:npx vitest run|npm run|tweedie) /.test(command))).toEqual([])
  })

  it.each([...new Set(lines)])('%s', (line) => {
    const [program, ...words] = wordsOf(line)
    if (program === 'tweedie') checkTweedie(words)
    else if (program === 'npm') checkNpm(words.slice(1))
    else
      for (const file of words.slice(2)) {
        expect(file).toMatch(/\.test\.ts$/)
        expect(statSync(join(root, file)).isFile()).toBe(true)
      }
  })
})

describe('what each method can do (docs/FEATURES.md)', () => {
  const features = read('docs/FEATURES.md')
  const section = features.slice(features.indexOf('## What each can do'), features.indexOf('## Diagnostics'))
  const entries = section
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .flatMap((line) => cellsOf(line).slice(1))
  const shown = [...section.matchAll(/^\* \((\w)\) \[[^\]]+\]\(\.\.\/([^)]+)\): `([^`]+)`$/gm)].map(
    ([, letter, file, title]) => ({ letter, file, title }),
  )

  it('has a test behind each entry, and an entry before each test', () => {
    expect(entries.length).toBeGreaterThan(40)
    const used = entries.map((entry) => /\((\w)\)$/.exec(entry)?.[1])
    expect(new Set(used)).toEqual(new Set(shown.map(({ letter }) => letter)))
  })

  it.each(shown)('($letter) is a test of $file', ({ file, title }) => {
    const titles = [...read(file).matchAll(/'([^'\n]+)',/g)].map(([, text]) => text)
    expect(titles).toContain(title)
  })
})
