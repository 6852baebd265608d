/** The reference of the API: every subpath, what it exports and nothing else; its links. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeApi } from '../../scripts/site/api.ts'
import { deadLinks } from '../../scripts/site/dead-links.ts'
import { foldersOf } from '../../scripts/site/folders.ts'
import { subpathsOf } from '../../scripts/site/subpaths.ts'

const root = join(import.meta.dirname, '../..')

it('docs/ARCHITECTURE.md says what each subpath holds', () => {
  const folders = [...foldersOf(root).keys()]
  const named = subpathsOf(root).map(({ name }) => name.replace(/^tweedie\/?/, ''))
  expect(named.filter((folder) => folder !== '' && !folders.includes(folder))).toEqual([])
  expect(named).toContain('posterior')
})

describe('the reference', () => {
  const site = mkdtempSync(join(tmpdir(), 'tweedie-api-'))
  const read = (place: string): string => readFileSync(join(site, 'api', place), 'utf8')

  beforeAll(async () => {
    writeFileSync(join(site, 'own.css'), 'body {}')
    // The pages that its head leads to.
    mkdirSync(join(site, 'studio'))
    for (const page of ['index.html', 'studio/index.html']) writeFileSync(join(site, page), '<p>')
    await writeApi(root, join(site, 'api'), join(site, 'own.css'))
  }, 180_000)
  afterAll(() => rmSync(site, { recursive: true }))

  it('names every subpath on its first page', () => {
    const first = read('index.html')
    for (const { name } of subpathsOf(root)) expect(first, name).toContain(`>${name}</a>`)
  })

  it('describes a name where its folder is, once, with its options and example', () => {
    const mmps = read('functions/tweedie_posterior.mmps.html')
    expect(mmps).toContain('MmpsOptions')
    expect(mmps).toContain('Example')
    expect(mmps).not.toContain('__namedParameters')
    expect(() => read('functions/tweedie.mmps.html')).toThrow('ENOENT')
  })

  it('leaves out what no subpath exports', () => {
    expect(read('modules/tweedie_linalg.html')).toContain('>cg<')
    expect(() => read('functions/tweedie_report.rendered.html')).toThrow('ENOENT')
  })

  it('has no link that leads nowhere', () => {
    expect(deadLinks(site)).toEqual([])
  })
})
