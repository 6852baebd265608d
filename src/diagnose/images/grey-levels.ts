import type { Observations } from '../../observations/index.ts'
import type { CoverageOptions } from '../calibration/coverage.ts'
import { GREY_LEVEL } from './restoration.ts'

/** Units of images in [0, 1]. */
export type GreyLevels = Pick<CoverageOptions, 'range' | 'resolution'>

/** Grey levels of images in [0, 1] are the finest difference that means something; of others any is. */
export const greyLevels = ({ range, operator }: Pick<Observations, 'range' | 'operator'>): GreyLevels =>
  operator.event.length === 3 && range[0] === 0 && range[1] === 1
    ? { range: [0, 1], resolution: GREY_LEVEL }
    : {}
