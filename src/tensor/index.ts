export * from './dtype.ts'
export * from './ndarray.ts'
