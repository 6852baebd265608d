export * from './distil.ts'
export * from './objective.ts'
