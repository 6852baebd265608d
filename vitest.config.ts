import { defineConfig } from 'vitest/config'
import { subpaths } from './web/subpaths.ts'

export default defineConfig({
  resolve: { alias: [subpaths] },
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    env: { TWEEDIE_THREADS: '1' },
  },
})
