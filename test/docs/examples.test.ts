/** The examples in TSDoc comments type-check against the public folders. */
import { rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { examplesOf, moduleFrom, sources, tagsOf } from './examples.ts'
import { folderOf, typeErrors } from './type-check.ts'

const nameOf = (file: string): string => file.replace(/\W/g, '-')

describe('examples in comments', () => {
  const examples = sources.flatMap(examplesOf)
  let folder: string

  beforeAll(() => {
    folder = folderOf(
      examples.map((example) => ({
        file: `${nameOf(example.file)}-${example.line}.ts`,
        code: moduleFrom(example),
      })),
    )
  })

  afterAll(() => rmSync(folder, { recursive: true }))

  it('are found, wherever they stand', () => {
    const missed = sources.filter((file) => examplesOf(file).length !== tagsOf(file))
    expect(missed).toEqual([])
  })

  it('type-check', () => {
    expect(typeErrors(folder)).toEqual([])
  })
})
