export * from './covariance.ts'
export { ddnm } from './ddnm.ts'
export * from './diffpir.ts'
export * from './dps.ts'
export * from './draws.ts'
export * from './gaussian-draws.ts'
export * from './mcg.ts'
export {
  type Cost,
  type Method,
  type MethodName,
  methodNames,
  type ObservationOf,
  type Setting,
  type Settings,
  settled,
} from './method.ts'
export * from './methods.ts'
export * from './mmps.ts'
export * from './noise2score.ts'
export * from './pigdm.ts'
export * from './red-diff.ts'
export * from './repaint.ts'
export * from './smc.ts'
export * from './smc-mmps.ts'
export * from './tds.ts'
export * from './tmpd.ts'
export * from './twist.ts'
