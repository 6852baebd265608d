export * from './edm.ts'
export * from './list.ts'
export * from './parameterization.ts'
export { vp } from './vp.ts'
