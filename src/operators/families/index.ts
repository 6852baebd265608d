export type { DrawRequest, Family, MakeRequest, Parameters } from './family.ts'
export { rangeSettings } from './family.ts'
export { type FamilyName, type FamilySpec, familyNames, familySpecs } from './specs.ts'
export { families, familyOf } from './table.ts'
