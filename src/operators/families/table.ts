import { TweedieError } from '../../error.ts'
import { nearestName } from '../../nearest.ts'
import { bicubicFamily } from './bicubic.ts'
import { blurFamily } from './blur.ts'
import { boxFamily } from './box.ts'
import { clipFamily } from './clip.ts'
import { coilsFamily } from './coils.ts'
import { composeFamily, scaleFamily, stackFamily } from './composite.ts'
import type { Family } from './family.ts'
import { fourierFamily } from './fourier.ts'
import { identityFamily } from './identity.ts'
import { jpegFamily } from './jpeg.ts'
import { maskFamily } from './mask.ts'
import { masksFamily } from './masks.ts'
import { motionFamily } from './motion.ts'
import { phaseFamily } from './phase.ts'
import { poolFamily } from './pool.ts'
import { projectionFamily } from './projection.ts'
import { radonFamily } from './radon.ts'
import { verticesFamily } from './vertices.ts'

/** Every family of operators, in the order of the help. A new one is its file and a line here. */
export const families: readonly Family[] = [
  maskFamily,
  boxFamily,
  verticesFamily,
  masksFamily,
  projectionFamily,
  identityFamily,
  blurFamily,
  motionFamily,
  poolFamily,
  bicubicFamily,
  fourierFamily,
  coilsFamily,
  radonFamily,
  phaseFamily,
  clipFamily,
  jpegFamily,
  composeFamily,
  stackFamily,
  scaleFamily,
]

/** The family of a name. @throws TweedieError `input` for unknown names, with the nearest */
export const familyOf = (name: string): Family => {
  const family = families.find((candidate) => candidate.name === name)
  if (family) return family
  const names = families.map((known) => known.name)
  throw new TweedieError(
    'input',
    `unknown operator '${name}'; did you mean '${nearestName(name, names)}'? There are: ${names.join(', ')}`,
  )
}
