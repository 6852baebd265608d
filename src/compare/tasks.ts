/**
 * The tasks of the benchmark of Rozet et al. (2024), section 5 and appendix: as published on images of side
 * 256, scaled to others. Noise there is for data in [-1, 1] and halves for data in [0, 1]. What is scaled,
 * and how, is ours (docs/DECISIONS.md): the box keeps its share of the side, the motion kernel too, as the
 * next odd number; on smaller images random inpainting deletes 90 % instead of 98 %, because the structure of
 * an image spans as many pixels fewer as the image does.
 */
import type { Task } from './cell.ts'

/** Side of the images of the benchmark, and of its motion kernel there. */
const [SIDE, KERNEL] = [256, 61]

/** The least odd number that is not below a value. */
const oddFrom = (value: number): number => 2 * Math.ceil((value - 1) / 2) + 1

/** Tasks on colour images of side `side`, by name. */
export const photographTasks = (side: number): Readonly<Record<string, Task>> => ({
  box: {
    name: 'box',
    operator: { name: 'box', settings: { size: side / 2, margin: Math.round(side / 16) } },
    noise: 0.5,
  },
  random: {
    name: 'random',
    operator: { name: 'mask', settings: { keep: side < SIDE ? 0.1 : 0.02, exact: true } },
    noise: 0.005,
  },
  motion: {
    name: 'motion',
    operator: {
      name: 'motion',
      settings: { size: oddFrom((side * KERNEL) / SIDE), intensity: 0.5, boundary: 'reflect' },
    },
    noise: 0.05,
  },
  superresolution: {
    name: 'superresolution',
    operator: { name: 'bicubic', settings: { factor: 4 } },
    noise: 0.05,
  },
  deletion: { name: 'deletion', operator: { name: 'mask', settings: { keep: 0.25 } }, noise: 0.05 },
})

/** Tasks on magnitude images of a head. */
export const mriTasks: Readonly<Record<string, Task>> = {
  mri: { name: 'mri', operator: { name: 'fourier', settings: { acceleration: 4 } }, noise: 0.0025 },
}

/**
 * Tasks on images of Mammadov, Chung & Ye (2024), "Amortized Posterior Sampling with Diffusion Prior
 * Distillation". The paper does not say how it makes images smaller, nor what its Gaussian is: the mean of
 * 2×2 pixels, and a standard deviation of one pixel cut to 5×5, are ours. `digits` is the demo's: three
 * pixels in four deleted.
 */
export const amortizedTasks: Readonly<Record<string, Task>> = {
  denoise: { name: 'denoise', operator: { name: 'identity' }, noise: 0.1 },
  sr2: { name: 'sr2', operator: { name: 'pool', settings: { factor: 2 } }, noise: 0.01 },
  deblur: { name: 'deblur', operator: { name: 'blur', settings: { sigma: 1, size: 5 } }, noise: 0.01 },
  digits: { name: 'digits', operator: { name: 'mask', settings: { keep: 0.25 } }, noise: 0.05 },
}

/** Tasks on digits on the bunny, of the same paper: 30 % of the vertices are occluded. */
export const bunnyTasks: Readonly<Record<string, Task>> = {
  bunny: {
    name: 'bunny',
    operator: { name: 'vertices', settings: { keep: 0.7 } },
    noise: 0.1,
  },
}

/**
 * Tasks on the sphere, of the same paper: 60 % of the points are missing. On `sphere-blind` it is 30 to 60 %,
 * and a blind sampler does not know which; guided samplers always do.
 */
export const sphereTasks: Readonly<Record<string, Task>> = {
  sphere: { name: 'sphere', operator: { name: 'vertices', settings: { keep: 0.4 } }, noise: 0.05 },
  'sphere-blind': {
    name: 'sphere-blind',
    operator: { name: 'vertices', settings: { keep: 0.4, keepMax: 0.7 }, blind: true },
    noise: 0.05,
  },
}
