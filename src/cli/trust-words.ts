import type { Trust } from '../run/index.ts'

type Cell = Pick<Trust['cells'][number], 'coverage' | 'psnrMean' | 'psnrDraw'>

const wordsOf = ({ coverage, psnrMean, psnrDraw }: Cell): string =>
  [
    ...coverage.map(({ level, observed }) => `${(100 * observed).toFixed(1)} % in ${100 * level} %`),
    `PSNR ${psnrMean.toFixed(2)} / ${psnrDraw.toFixed(2)} dB`,
  ].join(', ')

/** What is known of all observations, and of MMPS and the sampler on the same of them. */
export const trustFields = ({ cells: [all], beside }: Trust): [name: string, words: string][] => {
  const [both] = beside?.cells ?? []
  return [
    ['on held-out items', `${wordsOf(all)}, ${all.observations} observations`],
    ...(both
      ? ([
          [`on ${both.observations} of them`, wordsOf(both.sampler)],
          ['MMPS on these', wordsOf(both)],
        ] satisfies [string, string][])
      : []),
  ]
}
