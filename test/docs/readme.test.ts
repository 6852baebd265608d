/** What the pages say about code holds: examples type-check and run, commands and links exist. */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commands, commonOptions } from '../../src/cli/commands.ts'
import { readObservations } from '../../src/observations/index.ts'
import { folderOf, typeErrors } from './type-check.ts'

const root = join(import.meta.dirname, '../..')
const under = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file))

const pages = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'data/README.md', ...under('docs')].filter(
  (file) => file.endsWith('.md'),
)
const read = (page: string): string => readFileSync(join(root, page), 'utf8')

/** Code blocks of a language. */
const blocksOf = (page: string, language: string): string[] =>
  [...read(page).matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(
    ([, block]) => block,
  )

describe('TypeScript on the pages', () => {
  let folder: string
  const examples = pages.flatMap((page) =>
    blocksOf(page, 'ts').map((code, i) => ({ file: `${page.replace(/\W/g, '-')}-${i}.ts`, code })),
  )

  beforeAll(() => {
    folder = folderOf(examples)
  })

  afterAll(() => rmSync(folder, { recursive: true }))

  it('type-checks', () => {
    expect(examples.length).toBeGreaterThan(2)
    expect(typeErrors(folder)).toEqual([])
  })

  /** Runs an example in the folder of the examples, and says what it prints. */
  const printed = (file: string): string => {
    const tsx = join(root, 'node_modules/tsx/dist/loader.mjs')
    const { stdout, stderr } = spawnSync(process.execPath, ['--import', tsx, file], {
      encoding: 'utf8',
      cwd: folder,
    })
    expect(stderr).toBe('')
    return stdout
  }

  it('runs: the README draws 16 times from the posterior of each observation of a file', () => {
    const made = (path: string): string => join(root, 'test/fixtures-0.1', path)
    cpSync(made('priors/digits'), join(folder, 'runs/demo'), { recursive: true })
    const observations = join(folder, 'observations.npz')
    cpSync(made('sets/mask.npz'), observations)
    writeFileSync(
      join(folder, 'yardstick.ts'),
      `${readFileSync(join(folder, 'README-md-0.ts'), 'utf8')}\nconsole.log(JSON.stringify(draws.shape))`,
    )
    expect(JSON.parse(printed('yardstick.ts'))).toEqual([16, ...readObservations(observations).y.shape])
  })

  it('runs: the library restores 500 digits, and prints what it says', () => {
    const page = 'docs/howto/library.md'
    const said = [...blocksOf(page, 'ts')[0].matchAll(/([\d.]+) dB/g)].map(([, dB]) => Number(dB))
    const [observed, restored] = printed(`${page.replace(/\W/g, '-')}-0.ts`)
      .split(' ')
      .map(Number)
    expect(Math.abs(observed - said[0])).toBeLessThan(0.1)
    expect(Math.abs(restored - said[1])).toBeLessThan(0.3)
  })
})

describe('commands on the pages', () => {
  const lines = pages.flatMap((page) =>
    blocksOf(page, 'sh')
      .flatMap((block) => block.split('\n'))
      .filter((line) => line.startsWith('tweedie '))
      .map((line) => ({ page, line })),
  )
  it('the README lists all of them', () => {
    const listed = [...read('README.md').matchAll(/^\| `tweedie ([\w-]+)`/gm)].map(([, name]) => name)
    expect(listed.sort()).toEqual(Object.keys(commands).sort())
  })

  const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

  it.each(lines)('$page: $line', ({ line }) => {
    const [, name, ...args] = line.replace(/\s#.*/, '').split(/\s+/)
    const spec = Object.entries(commands).find(([command]) => command === name)?.[1]
    if (!spec) expect.fail(`there is no command '${name}'`)
    const options = { ...spec.options, ...commonOptions }
    const known = Object.keys(options).map((option) => `--${kebab(option)}`)
    for (const arg of args.filter((a) => a.startsWith('--'))) expect(known).toContain(arg.split('=')[0])
  })
})

/** Targets of links, without those to other hosts and to pictures, which a run of the demo makes. */
const linksOf = (page: string): string[] =>
  [...read(page).matchAll(/(?<!!)\[[^\]]*\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target)
    .filter((target) => !/^\w+:/.test(target))

/** Anchors as GitHub makes them of headings. */
const anchorsOf = (page: string): string[] =>
  [...read(page).matchAll(/^#+ (.*)$/gm)].map(([, title]) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replace(/ /g, '-'),
  )

describe.each(pages)('links of %s', (page) => {
  it('lead somewhere', () => {
    const dead = linksOf(page).filter((link) => {
      const [path, anchor] = link.split('#')
      const target = path === '' ? page : join(dirname(page), path)
      if (!existsSync(join(root, target))) return true
      return anchor !== undefined && !anchorsOf(target).includes(anchor)
    })
    expect(dead).toEqual([])
  })
})
