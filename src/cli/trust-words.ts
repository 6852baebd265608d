import type { Trust } from '../run/index.ts'

/** The first line of what is known: of all observations. */
export const trustWords = ({ cells: [all] }: Trust): string =>
  [
    ...all.coverage.map(({ level, observed }) => `${(100 * observed).toFixed(1)} % in ${100 * level} %`),
    `PSNR ${all.psnrMean.toFixed(2)} / ${all.psnrDraw.toFixed(2)} dB, ${all.observations} observations`,
  ].join(', ')
