import { blockIn } from './block.js'

export { createConnector, validate } from './block.js'

export function createTask(config) {
  return {
    start: () => blockIn('start', config),
    open: () => blockIn('open', config),
    put: (batch) => (batch.count > 0 ? blockIn('put', config) : undefined),
    flush: () => blockIn('flush', config),
    close: () => blockIn('close', config),
    async [Symbol.asyncDispose]() {
      await blockIn('stop', config)
    },
  }
}
