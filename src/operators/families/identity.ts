import { identity } from '../identity.ts'
import { defineFamily } from './family.ts'

export const identityFamily = defineFamily({
  name: 'identity',
  summary: 'y = x, with noise alone',
  linear: true,
  settings: {},
  make: (_, __, { event }) => identity(event),
})
