/** Where files of the repository lie on the site, and which links lead there. */
import { expect, it } from 'vitest'
import { rendered } from '../../scripts/site/markdown.ts'
import { placeOf } from '../../scripts/site/places.ts'

it.each([
  ['README.md', 'index.html'],
  ['docs/RESULTS.md', 'docs/RESULTS.html'],
  ['docs/images/mri.png', 'docs/images/mri.png'],
  ['experiments/schema.json', 'experiments/schema.json'],
  ['LICENSE', 'LICENSE.txt'],
  ['src/em/diem.ts', 'src/em/diem.ts.txt'],
  ['experiments/mri.yaml', 'experiments/mri.yaml.txt'],
])('%s is %s', (file, place) => {
  expect(placeOf(file)).toBe(place)
})

it('links of a page lead to the places, from where the page is', () => {
  const { html, files } = rendered('docs/PAPERS.md', '[`diem`](../src/em/diem.ts), [x](RESULTS.md#y)')
  expect(html).toContain('<a href="../src/em/diem.ts.txt"><code>diem</code></a>')
  expect(html).toContain('<a href="RESULTS.html#y">')
  expect(files).toEqual(['src/em/diem.ts', 'docs/RESULTS.md'])
})
