export { type MaskKind, maskKinds, maskOfKind } from './drawn/kinds-of-masks.ts'
export { type MaskFigures, type MaskSpace, maskFigures } from './mask-figures.ts'
