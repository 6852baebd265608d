import { TweedieError } from '../../error.ts'
import { nearestName } from '../../nearest.ts'
import { blurFamily, motionFamily } from './blurs.ts'
import type { Family } from './family.ts'
import { coilsFamily, fourierFamily } from './frequencies.ts'
import { boxFamily, maskFamily, verticesFamily } from './masks.ts'
import { clipFamily, jpegFamily, phaseFamily } from './nonlinear.ts'
import { identityFamily, projectionFamily } from './plain.ts'
import { bicubicFamily, poolFamily } from './resampling.ts'
import { familyNames } from './specs.ts'
import { radonFamily } from './tomography.ts'

/** Every family of operators, in the order of the help. */
export const families: readonly Family[] = [
  maskFamily,
  boxFamily,
  verticesFamily,
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
]

/** The family of a name. @throws TweedieError `input` for unknown names, with the nearest */
export const familyOf = (name: string): Family => {
  const family = families.find((candidate) => candidate.name === name)
  if (family) return family
  throw new TweedieError(
    'input',
    `unknown operator '${name}'; did you mean '${nearestName(name, familyNames)}'? There are: ${familyNames.join(', ')}`,
  )
}
