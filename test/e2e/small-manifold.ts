/** An experiment of seconds, whose draws make several shards: what processes share in tests. */
export const smallManifold = `
data: { clean: manifold, count: 300, observe: { operator: { kind: projection, dimension: 2 }, noise: 0.01 } }
net: { kind: mlp, hidden: [16, 16], emb: 8 }
gaussian: { rank: 5, iterations: 2 }
em: { laps: 2, draws: 2, batch: 64, bound: 3, refitRank: 5, sampling: { steps: 4 } }
train: { steps: 20, batch: 32 }
monitor: { samples: 16, steps: 4, sinkhorn: 16, held: { observations: 0 } }
`
