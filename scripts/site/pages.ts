/** The pages of the repository that the site shows, in groups. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { type Rendered, rendered } from './markdown.ts'
import { placeOf } from './places.ts'

/** A page of the site. */
export interface Page extends Rendered {
  /** Where it lies on the site. */
  readonly place: string
  /** Its word in the menu. */
  readonly label: string
}

/** Pages under one title of the menu. */
export interface Group {
  readonly title: string
  readonly pages: readonly Page[]
}

const markdownOf = (root: string, folder: string): string[] =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => posix.join(folder, name))

/** Every page of the documentation; how-tos and references in the order in which the README names them. */
export const groupsOf = (root: string): Group[] => {
  const read = (file: string): Rendered => rendered(file, readFileSync(join(root, file), 'utf8'))
  const front = read('README.md')
  const named = front.files
  /** Where the README first names a page; what it does not name comes last. */
  const rank = (file: string): number => (named.includes(file) ? named.indexOf(file) : named.length)
  const inOrder = (files: readonly string[]): string[] => files.toSorted((a, b) => rank(a) - rank(b))
  const page = (file: string): Page => {
    const content = read(file)
    return { ...content, place: placeOf(file), label: content.title }
  }
  return [
    { title: 'Start', pages: [{ ...front, place: placeOf('README.md'), label: 'Overview' }] },
    { title: 'How to', pages: inOrder(markdownOf(root, 'docs/howto')).map(page) },
    { title: 'Reference', pages: inOrder(markdownOf(root, 'docs')).map(page) },
    { title: 'Project', pages: ['CHANGELOG.md', 'CONTRIBUTING.md', 'data/README.md'].map(page) },
  ]
}
