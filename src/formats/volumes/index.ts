export { decodeNifti, type NiftiVolume } from './nifti.ts'
export { type Affine, isPlane, type Plane, type Volume } from './orientation.ts'
export { checkStackSizes, joinedStacks, readStacks, type Stack } from './slices.ts'
export { isVolumes, readVolumes } from './volumes.ts'
