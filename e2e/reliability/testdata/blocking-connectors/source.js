import { plain } from 'sluice/sdk/schema'
import { blockIn } from './block.js'

export { createConnector, validate } from './block.js'

export function createTask(config, { clock }) {
  let n = 0
  return {
    start: () => blockIn('start', config),
    async poll(signal) {
      await clock.sleep(20, signal)
      await blockIn('poll', config)
      n += 1
      return [
        {
          topic: config.topic,
          sourcePartition: { blocking: config.block },
          sourceOffset: { n },
          valueSchema: plain.string,
          value: String(n),
        },
      ]
    },
    commit: () => blockIn('commit', config),
    commitRecord: () => blockIn('commit record', config),
    async [Symbol.asyncDispose]() {
      await blockIn('stop', config)
    },
  }
}
