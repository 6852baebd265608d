/** The tools below the views, in their order. A new one is one file and its line here. */
import { componentsTool } from './components.tsx'
import { exceedanceTool } from './exceedance.tsx'
import { regionTool } from './region.tsx'
import { swipeTool } from './swipe.tsx'
import type { Tool } from './tool.ts'

export const tools: readonly Tool[] = [regionTool, exceedanceTool, componentsTool, swipeTool]
