/** Every exported op with its value in plain arithmetic. A new op is added to one of these lists. */
import type { OpCase } from './case.ts'
import { layoutCases } from './layout.ts'
import { networkCases } from './network.ts'
import { pointwiseCases } from './pointwise.ts'
import { reduceCases } from './reduce.ts'

export type { OpCase } from './case.ts'

export const opCases: readonly OpCase[] = [...pointwiseCases, ...reduceCases, ...layoutCases, ...networkCases]
