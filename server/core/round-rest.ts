import type { Work } from '#server/core/work.ts'

const msPerInstance = 0.025
const mostMs = 250

/**
 * How long after a round a worker that holds `held` lets changes of the config gather before it asks for the next one. A
 * round costs in proportion to what runs, and writes wait for it: where much runs, changes that come in a row share
 * rounds; where little runs, nobody notices.
 */
export const restAfterRoundMs = ({ connectors, tasks }: Work): number =>
  Math.min((connectors.length + tasks.length) * msPerInstance, mostMs)
