import type { MapName } from '../canvas/scale.ts'
import type { Look } from '../posterior/draws.ts'

/** The colours of values at first: on surfaces such as their shading leaves distinct. */
export const mapFor = ({ kind }: Look): MapName =>
  kind === 'sphere' ? 'thermal' : kind === 'mesh' ? 'clay' : 'grey'
