/** Linear solvers. A new solver joins the list. */
import { bicgstab, cg, exactSolve, gmres, type Solver, steihaug } from '../../../src/linalg/index.ts'

/** A solver and where it converges. */
export interface ListedSolver {
  readonly name: string
  /** The solver run for this many iterations, to convergence. */
  readonly of: (iterations: number) => Solver
  /** Systems on which it must converge. */
  readonly converges: readonly ('definite' | 'shifted')[]
}

/** Every solver. */
export const solvers: readonly ListedSolver[] = [
  { name: 'cg', of: (iterations) => cg({ iterations }), converges: ['definite'] },
  {
    name: 'cg in the dtype of b',
    of: (iterations) => cg({ iterations, narrow: true }),
    converges: ['definite'],
  },
  { name: 'gmres', of: (iterations) => gmres({ iterations }), converges: ['definite', 'shifted'] },
  {
    name: 'bicgstab',
    of: (iterations) => bicgstab({ iterations, tolerance: 0 }),
    converges: ['definite', 'shifted'],
  },
  {
    name: 'steihaug',
    of: (iterations) => steihaug({ iterations, reach: 1e6 }), // no region: it has its own tests
    converges: ['definite'],
  },
  { name: 'exact solve', of: () => exactSolve(), converges: ['definite', 'shifted'] },
]
