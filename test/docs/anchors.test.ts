/** Anchors by the rules of GitHub's documentation (basic writing and formatting syntax, section links). */
import { expect, it } from 'vitest'
import { anchors } from '../../scripts/site/anchors.ts'

it.each([
  ['Sample Section', 'sample-section'],
  ["This'll be helpful!", 'thisll-be-helpful'],
  ['Manifold (DiEM 5.1)', 'manifold-diem-51'],
  ['onnxruntime-node 1.30.0, exact', 'onnxruntime-node-1300-exact'],
  ["The papers' configurations, at their full size", 'the-papers-configurations-at-their-full-size'],
  ['Spread – and skill', 'spread--and-skill'],
  ['the_name of a file.ts', 'the_name-of-a-filets'],
])('%s', (heading, anchor) => {
  expect(anchors()(heading)).toBe(anchor)
})

it('numbers headings that a page has more than once', () => {
  const anchorOf = anchors()
  expect(['Figures', 'Speed', 'Figures', 'Figures'].map(anchorOf)).toEqual([
    'figures',
    'speed',
    'figures-1',
    'figures-2',
  ])
})
