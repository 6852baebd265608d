/** Every data set of the bench: a new one is a file and a line here. */
import { head, macaque } from './head.ts'
import { heart } from './heart.ts'
import type { OwnSet } from './own-set.ts'
import { photographs } from './photographs.ts'
import { sea } from './sea.ts'
import { temperatures } from './temperatures.ts'

export const ownSets: readonly OwnSet[] = [photographs, temperatures, sea, head, heart, macaque]
