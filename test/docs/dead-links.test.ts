/** The checker of links finds each kind of fault, and nothing else. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { deadLinks } from '../../scripts/site/dead-links.ts'

const folders: string[] = []

/** Files of a fresh folder. */
const folderOf = (files: Readonly<Record<string, string>>): string => {
  const folder = mkdtempSync(join(tmpdir(), 'tweedie-links-'))
  folders.push(folder)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

it.each([
  ['a file that is missing', '<a href="gone.html">', 'gone.html: no such file'],
  ['a picture that is missing', '<img src="gone.png">', 'gone.png: no such file'],
  ['a folder', '<a href="deep/">', 'deep/: no such file'],
  ['an anchor that is missing', '<a href="deep/b.html#gone">', 'deep/b.html#gone: no such anchor'],
  ['an anchor of its own that is missing', '<a href="#gone">', '#gone: no such anchor'],
  ['an anchor of what has none', '<a href="note.txt#here">', 'note.txt#here: no such anchor'],
  ['a link from the root', '<a href="/deep/b.html">', '/deep/b.html: not relative'],
  ['a way out of the folder', '<a href="../a.html">', '../a.html: leads out of the folder'],
  [
    'a script of another origin',
    '<script src="https://a.b/c.js"></script>',
    'https://a.b/c.js: loaded from another origin',
  ],
  ['a style of another origin', '<link href="//a.b/c.css">', '//a.b/c.css: loaded from another origin'],
])('finds %s', (_, tag, fault) => {
  const folder = folderOf({ 'a.html': tag, 'deep/b.html': '<p id="here">', 'note.txt': 'here' })
  expect(deadLinks(folder)).toEqual([`a.html: ${fault}`])
})

it('leaves what leads somewhere', () => {
  const folder = folderOf({
    'a.html': `<h1 id="top"><a href="#top">a</a> <a href="deep/b.html#x%20%26">b</a>
      <a href="https://a.b/">c</a>
      <a href="deep/b.html?q=1#/look">d</a> <img src="data:image/png;base64,AA"> <a href="#">e</a>
      <script>const text = '<a href="gone.html">'</script> <!-- <a href="gone.html"> -->
      <code>&lt;a href="gone.html"&gt;</code>`,
    'deep/b.html': '<a href="../a.html" id="x &amp;">a</a>',
  })
  expect(deadLinks(folder)).toEqual([])
})
