/** The page on what can be trusted: its commands, in order, and the words that it says to look for. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readArrays, writeArrays } from '../../src/formats/index.ts'
import { observe, writeObservations } from '../../src/observations/index.ts'
import { priorDraws } from '../../src/posterior/index.ts'
import { loadPrior } from '../../src/run/index.ts'
import { root, tweedie } from './built.ts'
import { commandsOn } from './page-commands.ts'

const page = readFileSync(join(root, 'docs/howto/trust.md'), 'utf8')
const folder = mkdtempSync(join(tmpdir(), 'tweedie-trust-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const COUNT = 12

/** What each command of the page says, made short; in the order of the page. */
const said = new Map<string, string>()
const lineOf = (start: string): string =>
  [...said].find(([command]) => command.startsWith(`tweedie ${start}`))?.[1] ?? `'${start}' is not there`

beforeAll(async () => {
  const prior = join(root, 'test/fixtures-0.1/priors/digits')
  cpSync(prior, join(folder, 'runs/mine'), { recursive: true })
  const x = await priorDraws(loadPrior(prior), COUNT, { steps: 8, seed: 1 })
  writeArrays(join(folder, 'truth.npy'), { x })
  const half = { name: 'mask', settings: { keep: 0.5 } }
  const set = await observe(x, { operator: half, noise: 0.05, range: [0, 1], seed: 2 })
  writeObservations(join(folder, 'mine.npz'), set)
  for (const command of commandsOn(page)) {
    const [, ...args] = command.split(' ')
    const short = [
      ...(command.includes('--count 100') ? ['--count', `${COUNT}`] : []),
      ...(args[0] === 'sample' ? ['--steps', '4'] : []),
      ...(args.includes('--report') ? ['--baselines', 'nearest'] : []),
    ]
    const { status, stdout, stderr } = tweedie([...args, ...short], { cwd: folder })
    expect([command, status, stderr.match(/^tweedie: .*/m)?.[0]]).toEqual([command, 0, undefined])
    said.set(command, stdout)
  }
}, 120_000)

describe('the commands of the page', () => {
  it('without a truth judge held-out entries, beside a baseline and by the fit', () => {
    expect(said.size).toBe(7)
    expect(lineOf('hold-out')).toContain('20 % of the seen entries are held out')
    const judged = lineOf('sample runs/mine given.npz')
    expect(judged).toMatch(/^draws of the run +0\.\d+ /m)
    expect(judged).toContain('Held-out seen entries, with their noise')
    expect(lineOf('diagnose runs/mine --observations given.npz')).toMatch(
      /Fit to the observations: .*\n\n.*Without the truth, only the fit to the observations can be judged/,
    )
    expect(lineOf('calibrate')).toContain(`from ${COUNT} problems of 19 draws, held-out seen entries alone`)
    const { lower90, upper90 } = readArrays(join(folder, 'restored.npz'))
    expect([lower90.shape, upper90.shape]).toEqual([
      [COUNT, 1, 8, 8],
      [COUNT, 1, 8, 8],
    ])
  })

  it('with a truth judge hidden entries, and answer each question that the page lists', () => {
    expect(lineOf('sample runs/mine mine.npz --count 100 --draws 19 --report')).toContain(
      'Hidden entries against the truth',
    )
    const diagnosed = lineOf('diagnose runs/mine --observations mine.npz --truth')
    const [, table] = /\| line \| question \|\n\|---\|---\|\n([\s\S]*?)\n\n/.exec(page) ?? []
    const listed = table.split('\n').map((row) => row.split('|')[1].trim())
    const tests = [...diagnosed.matchAll(/^(?:calibrated|MISCALIBRATED|not tested) +([^:]+): /gm)]
    expect(tests.map(([, name]) => name)).toEqual(listed)
  })
})

describe('the words of the decision list', () => {
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(join(root, 'src', file), 'utf8'))
    .join('\n')
    .replace(/['`] \+\s*['`]/g, '')
  const rows = page.slice(page.indexOf('| you see | do |')).trim().split('\n').slice(2)
  const words = rows.flatMap((row) => [...row.split('|')[1].matchAll(/`([^`]+)`/g)].map(([, text]) => text))

  it.each(words)('%s is what a command says', (text) => {
    for (const part of text.split('…')) expect(sources).toContain(part.trim())
  })

  it('are there', () => {
    expect(words.length).toBeGreaterThan(8)
  })
})
