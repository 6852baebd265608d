import { useSignal } from '@preact/signals'
import { Tabs } from '../../ui/tabs.tsx'
import type { ToolProps } from './tool.ts'
import { tools } from './tools.ts'

/** The tools that these draws have. */
export const ToolTabs = ({ viewing, stroke }: ToolProps) => {
  const current = useSignal(tools[0].name)
  const own = tools.filter(({ has }) => has(viewing))
  const tool = own.find(({ name }) => name === current.value) ?? own[0]
  if (!tool) return null
  return (
    <Tabs label="Tools" tabs={own} current={tool.name} onTab={({ name }) => (current.value = name)}>
      <tool.Body viewing={viewing} stroke={stroke} />
    </Tabs>
  )
}
